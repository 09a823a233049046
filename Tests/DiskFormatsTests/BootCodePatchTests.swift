import Testing

@testable import DiskFormats

@Suite struct BootCodePatchTests {
    private func place(
        boot: [UInt8] = SampleBootCode.bootImage, core: [UInt8] = SampleBootCode.coreImage(), first: UInt64 = 1,
        room: UInt64 = 2047, over sector: [UInt8] = SampleBootCode.sector
    ) throws(DiskFormatError) -> GrubBootCode {
        try GrubBootCode(
            bootImage: boot, coreImage: core, area: BootCodeArea(firstSector: first, sectorCount: room),
            presentSector: sector)
    }

    @Test(arguments: [1, 2048, 0x1_2345_6789] as [UInt64])
    func theBootSectorIsGrubsCodeAroundTheDisksOwnFields(first: UInt64) throws {
        let code = try place(first: first)
        let field = (0..<8).map { UInt8(truncatingIfNeeded: first >> (8 * UInt64($0))) }
        let image = SampleBootCode.bootImage
        let present = SampleBootCode.sector
        var expected: [UInt8] = Array(image[0..<3])
        expected += present[3..<90]
        expected += image[90..<0x5C]
        expected += field
        expected += [0xFF, 0xFA, 0x90, 0x90] as [UInt8]
        expected += image[0x68..<440]
        expected += present[440..<512]
        #expect(code.bootSector == expected)
    }

    @Test(
        arguments: [
            (1, 513, [2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x20, 0x08]),
            (1, 1300, [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x20, 0x08]),
            (1, 1536, [2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x20, 0x08]),
            (2048, 1537, [1, 8, 0, 0, 0, 0, 0, 0, 3, 0, 0x20, 0x08]),
            (0xFFFF_FFFF, 200_000, [0, 0, 0, 0, 1, 0, 0, 0, 0x86, 1, 0x20, 0x08]),
        ] as [(UInt64, Int, [UInt8])])
    func theCoreImageIsPaddedAndPointsToItsOwnRest(first: UInt64, size: Int, field: [UInt8]) throws {
        let image = SampleBootCode.coreImage(size: size)
        let padding = [UInt8](repeating: 0, count: (512 - size % 512) % 512)
        let expected: [UInt8] = Array(image[..<500]) + field + Array(image[512...]) + padding
        #expect(try place(core: image, first: first).core == expected)
    }

    @Test func placingTwiceChangesNothing() throws {
        let once = try place()
        #expect(try place(over: once.bootSector) == once)
    }

    @Test func aCoreImageMayFillTheAreaButNotExceedIt() throws {
        #expect(try place(room: 3).coreSectorCount == 3)
        let error = #expect(throws: DiskFormatError.self) { try place(room: 2) }
        #expect(
            error?.description
                == "cannot place GRUB's boot code: core.img needs 3 sectors, and 2 are free from sector 1 on")
    }

    @Test(
        arguments: [
            (Array(SampleBootCode.bootImage.dropLast()), "boot.img has 511 bytes, not 512"),
            (SampleBootCode.bootImage + [0], "boot.img has 513 bytes, not 512"),
            (SampleBootCode.sector, "boot.img is not GRUB's boot sector"),
        ] as [([UInt8], String)])
    func aWrongBootImageIsRefused(image: [UInt8], reason: String) {
        let error = #expect(throws: DiskFormatError.self) { try place(boot: image) }
        #expect(error?.reason == reason)
    }

    @Test(arguments: [[], [UInt8](repeating: 0, count: 512), [UInt8](repeating: 0, count: 30_000)])
    func aFileThatIsNoCoreImageIsRefused(image: [UInt8]) {
        let error = #expect(throws: DiskFormatError.self) { try place(core: image) }
        #expect(error?.reason == "core.img is not a GRUB core image for i386-pc")
    }

    @Test func aDiskWithoutPartitionTableIsRefused() {
        let error = #expect(throws: DiskFormatError.self) { try place(over: [UInt8](repeating: 0, count: 512)) }
        #expect(error?.reason == "the disk has no partition table in sector 0")
    }
}
