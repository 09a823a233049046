/// A partition table as a value: what shall be, or is, on a disk.
///
/// Offsets and sizes are in bytes.
///
/// Produced by the layout arithmetic of `BlockDevices`, written and read by `PartitionTables`.
package struct PartitionTable: Hashable, Sendable, Codable {
    package enum Label: String, Hashable, Sendable, Codable {
        case mbr
        case gpt
    }

    package var label: Label
    /// Bytes per logical sector, 512 or 4096.
    package var sectorSize: UInt64
    /// MBR: 8 hexadecimal digits; GPT: a GUID in its usual text form.
    package var diskIdentifier: String
    package var entries: [PartitionEntry]

    package init(label: Label, sectorSize: UInt64 = 512, diskIdentifier: String, entries: [PartitionEntry]) {
        self.label = label
        self.sectorSize = sectorSize
        self.diskIdentifier = diskIdentifier
        self.entries = entries
    }
}

/// One partition entry.
///
/// `start` and `size` are bytes, multiples of the sector size.
package struct PartitionEntry: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        case primary
        case extended
        case logical
    }

    package var number: Int
    package var kind: Kind
    package var start: UInt64
    package var size: UInt64
    /// MBR: type byte as two hexadecimal digits (`83`); GPT: type GUID.
    package var type: String
    /// GPT partition name; empty for MBR.
    package var name: String
    /// GPT partition GUID; empty for MBR.
    package var identifier: String
    package var isBootable: Bool

    package init(
        number: Int, kind: Kind = .primary, start: UInt64, size: UInt64, type: String, name: String = "",
        identifier: String = "", isBootable: Bool = false
    ) {
        self.number = number
        self.kind = kind
        self.start = start
        self.size = size
        self.type = type
        self.name = name
        self.identifier = identifier
        self.isBootable = isBootable
    }

    /// First byte after the partition.
    package var end: UInt64 { start + size }
}
