/// GRUB's two BIOS images, patched for their place on one disk: what `grub-install` writes, as a pure function.
///
/// `grub-install` on an image reaches its disk through loop devices, takes the root for a disk without partitions, leaves
/// the partition-map module out of the core image and still reports success. Ingot has the core image made with stated
/// modules and places it itself (docs/bootloader.md). The layout is that of GRUB's `boot.S` and `diskboot.S`:
///
/// ```
/// boot.img   0 jump | 3 BIOS parameter block | 0x5A load address | 0x5C first sector of core (8) | 0x64 drive
///            0x66 two bytes: skip of the "is this a hard disk" test | … | 440 disk identifier, partitions | 510 55 AA
/// core.img   first sector is diskboot.img; its last 12 bytes: 500 next sector (8) | 508 sectors (2) | 510 segment (2)
/// ```
package struct GrubBootCode: Hashable, Sendable {
    /// Sector 0, with the disk's own parameter block, identifier and partition records kept.
    package let bootSector: [UInt8]
    /// Whole sectors for the disk from `area.firstSector` on.
    package let core: [UInt8]
    package let area: BootCodeArea

    package var coreSectorCount: UInt64 { UInt64(core.count) / BootCodeArea.sectorSize }

    private static let attempt = "place GRUB's boot code"
    /// Real-mode segment at which diskboot loads the rest of the core image; only i386-pc images have it.
    private static let loadSegment: UInt16 = 0x0820

    package init(
        bootImage: [UInt8], coreImage: [UInt8], area: BootCodeArea, presentSector: [UInt8]
    ) throws(DiskFormatError) {
        self.area = area
        bootSector = try Self.bootSector(bootImage, core: area.firstSector, over: presentSector)
        core = try Self.core(coreImage, at: area)
    }

    private static func bootSector(
        _ image: [UInt8], core: UInt64, over present: [UInt8]
    ) throws(DiskFormatError) -> [UInt8] {
        guard image.count == 512 else {
            throw DiskFormatError(.malformed, attempt, "boot.img has \(image.count) bytes, not 512")
        }
        guard image[510] == 0x55, image[511] == 0xAA, image[..<440].firstRange(of: Array("GRUB".utf8)) != nil else {
            throw DiskFormatError(.malformed, attempt, "boot.img is not GRUB's boot sector")
        }
        guard MasterBootRecord(sector: present) != nil else {
            throw DiskFormatError(.invalidRequest, attempt, "the disk has no partition table in sector 0")
        }
        var patched = image
        patched.setLittleEndian(core, at: 0x5C)
        patched[0x64] = 0xFF
        patched[0x66] = 0x90
        patched[0x67] = 0x90
        var sector = present
        sector.replaceSubrange(0..<3, with: patched[0..<3])
        sector.replaceSubrange(90..<440, with: patched[90..<440])
        return sector
    }

    private static func core(_ image: [UInt8], at area: BootCodeArea) throws(DiskFormatError) -> [UInt8] {
        guard image.count > 512, image.littleEndian(UInt16.self, at: 510) == loadSegment else {
            throw DiskFormatError(.malformed, attempt, "core.img is not a GRUB core image for i386-pc")
        }
        let sectors = (image.count + 511) / 512
        guard sectors <= area.sectorCount, sectors - 1 <= UInt16.max else {
            throw DiskFormatError(
                .invalidRequest, attempt,
                "core.img needs \(sectors) sectors, and \(area.sectorCount) are free from sector \(area.firstSector) on"
            )
        }
        var padded = image + [UInt8](repeating: 0, count: sectors * 512 - image.count)
        padded.setLittleEndian(area.firstSector + 1, at: 500)
        padded.setLittleEndian(UInt16(sectors - 1), at: 508)
        padded.setLittleEndian(loadSegment, at: 510)
        return padded
    }
}
