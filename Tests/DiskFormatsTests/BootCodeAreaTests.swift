import Basics
import Testing

@testable import DiskFormats

@Suite struct BootCodeAreaTests {
    private func area(_ label: PartitionTable.Label, _ entries: [PartitionEntry]) throws -> BootCodeArea {
        try BootCodeArea(of: PartitionTable(label: label, diskIdentifier: "", entries: entries))
    }

    @Test func theGapOfAnMBREndsBeforeTheFirstPartition() throws {
        let late = PartitionEntry(number: 1, start: 1 << 30, size: 1 << 20, type: "83")
        let early = PartitionEntry(number: 2, start: 2048 * 512, size: 1 << 20, type: "83")
        #expect(try area(.mbr, [late, early]) == BootCodeArea(firstSector: 1, sectorCount: 2047))
    }

    @Test func aGPTOffersItsBIOSBootPartition() throws {
        let root = PartitionEntry(
            number: 1, start: 1 << 21, size: 1 << 30, type: "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709")
        let bios = PartitionEntry(
            number: 2, start: 1 << 20, size: 1 << 20, type: "21686148-6449-6e6f-744e-656564454649")
        #expect(try area(.gpt, [root, bios]) == BootCodeArea(firstSector: 2048, sectorCount: 2048))
    }

    @Test(
        arguments: [
            (.mbr, [], "the MBR has no partition"),
            (
                .mbr, [PartitionEntry(number: 1, start: 512, size: 512, type: "83")],
                "a partition starts right after the MBR"
            ),
            (
                .gpt, [PartitionEntry(number: 1, start: 1 << 20, size: 512, type: "x")],
                "the GPT has no BIOS boot partition (type EF02, 21686148-6449-6E6F-744E-656564454649)"
            ),
        ] as [(PartitionTable.Label, [PartitionEntry], String)])
    func aDiskWithoutRoomIsRefused(label: PartitionTable.Label, entries: [PartitionEntry], reason: String) {
        let error = #expect(throws: DiskFormatError.self) { try area(label, entries) }
        #expect(error?.reason == reason)
    }
}
