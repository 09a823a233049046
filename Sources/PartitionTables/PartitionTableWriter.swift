package import Basics
package import SystemPackage

/// Writes a partition table to an image file: libparted places the partitions, the identifiers follow.
///
/// The file's size is the disk's size. Boot code in front of the table is kept; everything else of an older table goes.
package enum PartitionTableWriter {
    private static let gptEntryLimit = 128

    /// Writes the table and makes it durable.
    ///
    /// Blocks for some milliseconds; callers on different tasks take turns.
    package static func write(_ table: PartitionTable, to path: FilePath) throws(PartitionTableError) {
        try PartitionTableError.wrapping(.write, path: path) {
            let (size, bootCode) = try ImageBytes.withFile(path, .readOnly) { image in
                (
                    image.size,
                    image.size < UInt64(MasterBootRecord.sectorSize)
                        ? [] : try image.read(at: 0, count: MasterBootRecord.bootCodeSize).bytes
                )
            }
            try check(table, diskSize: size)
            try Parted.withDevice(path, sectorSize: table.sectorSize, size: size) { try $0.write(ordered(table)) }
            try ImageBytes.withFile(path, .readWrite) { image in
                try IdentifierPatch(table: table, bootCode: bootCode).apply(to: image)
            }
        }
    }

    /// Logical partitions after the extended one they lie in, and in the order of their numbers.
    private static func ordered(_ table: PartitionTable) -> PartitionTable {
        var result = table
        result.entries =
            table.entries.filter { $0.kind != .logical }
            + table.entries.filter { $0.kind == .logical }.sorted { $0.number < $1.number }
        return result
    }

    /// What libparted would not notice, or would only say obscurely.
    ///
    /// Overlaps are left to it.
    private static func check(_ table: PartitionTable, diskSize: UInt64) throws {
        let sector = table.sectorSize
        guard [512, 1024, 2048, 4096].contains(sector) else { throw Refusal("sectors of \(sector) bytes") }
        guard table.label == .gpt || sector == 512 else {
            throw Refusal("an MBR needs sectors of 512 bytes, not \(sector)")
        }
        guard diskSize > 0, diskSize % sector == 0 else {
            throw Refusal("its size of \(diskSize) bytes is no whole number of sectors of \(sector) bytes")
        }
        let isIdentified =
            table.label == .gpt
            ? GUID(table.diskIdentifier) != nil : table.diskIdentifier.wholeMatch(of: /[0-9a-fA-F]{8}/) != nil
        guard isIdentified else { throw Refusal("'\(table.diskIdentifier)' is no disk identifier") }
        guard Set(table.entries.map(\.number)).count == table.entries.count else {
            throw Refusal("two partitions have the same number")
        }
        for entry in table.entries { try check(entry, of: table, diskSize: diskSize) }
        let logical = table.entries.filter { $0.kind == .logical }.map(\.number).sorted()
        guard logical == Array(5..<5 + logical.count) else {
            throw Refusal("logical partitions must be numbered 5, 6, …")
        }
    }

    private static func check(_ entry: PartitionEntry, of table: PartitionTable, diskSize: UInt64) throws {
        func refuse(_ reason: String) -> Refusal { Refusal("partition \(entry.number): \(reason)") }
        guard entry.size > 0, entry.start % table.sectorSize == 0, entry.size % table.sectorSize == 0 else {
            throw refuse("start and size must be whole sectors")
        }
        guard entry.start < diskSize, entry.size <= diskSize - entry.start else {
            throw refuse("ends behind the end of the disk")
        }
        switch table.label {
        case .gpt:
            guard (1...gptEntryLimit).contains(entry.number) else { throw refuse("a GPT has no such number") }
            guard entry.kind == .primary else { throw refuse("a GPT has no \(entry.kind.rawValue) partitions") }
            guard let type = GUID(entry.type), type != .zero else { throw refuse("'\(entry.type)' is no type GUID") }
            guard let identifier = GUID(entry.identifier), identifier != .zero else {
                throw refuse("'\(entry.identifier)' is no GUID")
            }
            guard entry.name.utf16.count <= 36 else { throw refuse("the name is longer than 36 characters") }
        case .mbr:
            guard let type = UInt8(entry.type, radix: 16), type != 0 else { throw refuse("'\(entry.type)' is no type") }
            guard entry.kind == .logical || (1...4).contains(entry.number) else {
                throw refuse("an MBR has no such number")
            }
            guard (entry.kind == .extended) == [0x05, 0x0F, 0x85].contains(type) else {
                throw refuse("type '\(entry.type)' is not one of \(entry.kind.rawValue) partitions")
            }
        }
    }
}
