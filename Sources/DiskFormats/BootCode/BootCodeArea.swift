package import Basics

/// The sectors that are free for a boot loader's core image: the gap after the MBR, or the GPT BIOS boot partition.
package struct BootCodeArea: Hashable, Sendable {
    /// Where firmware and boot code agree on 512-byte sectors.
    package static let sectorSize: UInt64 = 512
    /// The type GUID of a BIOS boot partition, `EF02` in gdisk's notation.
    package static let biosBootPartition = "21686148-6449-6E6F-744E-656564454649"

    package let firstSector: UInt64
    package let sectorCount: UInt64

    package init(firstSector: UInt64, sectorCount: UInt64) {
        self.firstSector = firstSector
        self.sectorCount = sectorCount
    }

    package init(of table: PartitionTable) throws(DiskFormatError) {
        guard table.sectorSize == Self.sectorSize else {
            throw DiskFormatError(
                .unsupported, "find room for boot code",
                "its sectors have \(table.sectorSize) bytes; a BIOS needs \(Self.sectorSize)")
        }
        switch table.label {
        case .mbr:
            guard let first = table.entries.map(\.start).min(), first >= 2 * Self.sectorSize else {
                throw DiskFormatError(
                    .unsupported, "find room for boot code",
                    table.entries.isEmpty ? "the MBR has no partition" : "a partition starts right after the MBR")
            }
            self.init(firstSector: 1, sectorCount: first / Self.sectorSize - 1)
        case .gpt:
            guard let partition = table.entries.first(where: { $0.type.uppercased() == Self.biosBootPartition }) else {
                throw DiskFormatError(
                    .unsupported, "find room for boot code",
                    "the GPT has no BIOS boot partition (type EF02, \(Self.biosBootPartition))")
            }
            self.init(firstSector: partition.start / Self.sectorSize, sectorCount: partition.size / Self.sectorSize)
        }
    }
}
