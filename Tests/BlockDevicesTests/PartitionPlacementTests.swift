import Basics
import BlockDevices
import Testing

/// compat-blockdevice sections 9 and 10, and their cases in section 19.
@Suite struct PartitionPlacementTests {
    private func table(
        _ partitions: [String], label: String = "mbr", size: ByteCount = .gibibytes(1), extra: String = ""
    ) throws -> [String] {
        let list = "[" + partitions.map { "{\($0)}" }.joined(separator: ", ") + "]" + extra
        let image = try #require(try layout(tableDocument(label: label, partitions: list), size: size).mainImage)
        return try #require(image.table).sectorLines
    }

    private func primaries(_ count: Int) -> [String] {
        (0..<count).map { "name: p\($0), size: 10MiB, flags: [primary]" }
    }

    private func logicals(_ count: Int) -> [String] { (0..<count).map { "name: l\($0), size: 10MiB" } }

    @Test func anMBRWithoutPartitionsIsEmpty() throws {
        #expect(try table([]) == [])
    }

    @Test func oneLogicalPartitionLiesInAnExtendedOneToTheEnd() throws {
        #expect(try table(logicals(1)) == ["1 extended 2048 2097151 0f", "5 logical 4096 24575 83"])
    }

    @Test func primariesFollowEachOther() throws {
        #expect(try table(primaries(1)) == ["1 primary 2048 22527 83"])
        #expect(
            try table(primaries(3)) == [
                "1 primary 2048 22527 83", "2 primary 22528 43007 83", "3 primary 43008 63487 83",
            ])
        #expect(try table(primaries(4)).last == "4 primary 63488 83967 83")
    }

    @Test func threePrimariesAndSevenLogicals() throws {
        let logical = (0..<7).map { "\($0 + 5) logical \(65536 + $0 * 22528) \(65536 + $0 * 22528 + 20479) 83" }
        #expect(
            try table(primaries(3) + logicals(7)) == [
                "1 primary 2048 22527 83", "2 primary 22528 43007 83", "3 primary 43008 63487 83",
                "4 extended 63488 2097151 0f",
            ] + logical)
    }

    @Test func sixtyFourLogicals() throws {
        let logical = (0..<64).map { "\($0 + 5) logical \(4096 + $0 * 22528) \(4096 + $0 * 22528 + 20479) 83" }
        #expect(try table(logicals(64)) == ["1 extended 2048 2097151 0f"] + logical)
    }

    @Test func aWholeDiskPrimaryLeavesTheLastUnitFree() throws {
        #expect(try table(["name: r, size: 100%, flags: [boot, primary]"]) == ["1 primary 2048 2095103 83 boot"])
    }

    @Test func aWholeDiskLogicalEndsWithTheDisk() throws {
        #expect(
            try table(["name: r, size: 100%, type: 0x0c, flags: [boot]"]) == [
                "1 extended 2048 2097151 0f", "5 logical 4096 2097151 0c boot",
            ])
    }

    @Test func percentagesAreOfWhatIsLeft() throws {
        // 8 MiB of disk leave 6 MiB after the first unit and the one held back.
        let thirds = ["name: a, size: 33.3333%", "name: b, size: 50%", "name: c, size: 100%"]
        #expect(
            try table(thirds.map { $0 + ", flags: [primary]" }, size: .mebibytes(8)) == [
                "1 primary 2048 6142 83", "2 primary 6144 10239 83", "3 primary 10240 14335 83",
            ])
    }

    @Test func alignmentIsTheDocumentsForMBR() throws {
        let partitions = ["name: a, size: 100KiB, flags: [primary]", "name: b, size: 100%, flags: [primary]"]
        let lines = try table(partitions, size: .mebibytes(1), extra: "\n    align: 32KiB")
        #expect(lines == ["1 primary 64 263 83", "2 primary 320 1983 83"])
    }

    @Test func gptPartitionsHaveWholeMebibytesFromTheFirstOn() throws {
        let partitions = [
            "name: ESP, type: EF00, size: 8MiB", "name: BSP, type: EF02, size: 8MiB",
            "name: Root Part, type: 8300, size: 100%",
        ]
        let lines = try table(partitions, label: "gpt").map {
            $0.split(separator: " ").prefix(5).joined(separator: " ")
        }
        #expect(
            lines == [
                "1 primary 2048 18431 c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
                "2 primary 18432 34815 21686148-6449-6e6f-744e-656564454649",
                // +1006M, as upstream tells sgdisk.
                "3 primary 34816 2095103 0fc63daf-8483-4772-8e79-3d69d8477de4",
            ])
    }

    @Test func gptSizesAreCutToMebibytesButChargedInFull() throws {
        let partitions = ["name: a, size: 10M", "name: b, size: 100%"]
        let lines = try table(partitions, label: "gpt", size: .mebibytes(100)).map { $0.split(separator: " ")[2...3] }
        // 10 000 000 bytes are 9 MiB; what is left is 98 MiB - 10 000 000 bytes = 88.46 MiB.
        #expect(lines == [["2048", "20479"], ["20480", "200703"]])
    }

    @Test func gptHonoursLargeSectors() throws {
        let plan = try layout(StockLayouts.efi4k, size: .gibibytes(2))
        let table = try #require(plan.mainImage?.table)
        #expect(table.sectorSize == 4096)
        #expect(table.entries.map(\.start) == [1 << 20, 501 << 20, 509 << 20])
        #expect(table.entries.last?.end == 2047 << 20)
    }

    @Test(arguments: [
        (
            "mbr", "name: p, size: 2GiB, flags: [primary]",
            "The requested size of the image is smaller than the block device configuration: partition 'p' needs "
                + "2 GiB, but 1023 MiB of 'image0' are left"
        ),
        (
            "gpt", "name: p, size: 40G",
            "The requested size of the image is smaller than the block device configuration: partition 'p' needs "
                + "37.3 GiB, but 1022 MiB of 'image0' are left"
        ),
        (
            "gpt", "name: p, size: 150%",
            "The requested size of the image is smaller than the block device configuration: partition 'p' needs "
                + "1.5 GiB, but 1022 MiB of 'image0' are left"
        ),
        ("gpt", "name: p, size: 512KiB", "partition 'p' on 'image0' would have 512 KiB, at least 1 MiB are needed"),
        ("gpt", "name: p, size: 0%", "partition 'p' on 'image0' would have 0 B, at least 1 MiB are needed"),
        (
            "mbr", "name: p, size: 100B, flags: [primary]",
            "partition 'p' on 'image0' would have 100 B, at least 512 B are needed"
        ),
        (
            "mbr", "name: p, size: 1023MiB",
            "The requested size of the image is smaller than the block device configuration: partition 'p' needs "
                + "1023 MiB, but 1022 MiB of 'image0' are left"
        ),
    ])
    func whatDoesNotFitIsRefused(label: String, partition: String, message: String) throws {
        let document = tableDocument(label: label, partitions: "[{\(partition)}]")
        #expect(try layoutError(document, size: .gibibytes(1)) == message)
    }

    @Test func aTinyDiskIsRefusedNotMiscalculated() throws {
        for label in ["mbr", "gpt"] {
            for size in [ByteCount(1), .kibibytes(64), .mebibytes(1), .mebibytes(2)] {
                let document = tableDocument(label: label, partitions: "[{name: p, size: 100%}]")
                #expect(try layoutError(document, size: size) != nil)
            }
        }
    }

    @Test func anMBRCannotNumberMoreThanTwoTebibytes() throws {
        let document = tableDocument(partitions: "[{name: p, size: 100%, flags: [primary]}]")
        #expect(try layoutError(document, size: ByteCount(2 << 40)) == nil)
        #expect(
            try layoutError(document, size: ByteCount((2 << 40) + 512))
                == "'image0' of 2 TiB is too large for an MBR: use label gpt")
    }
}
