import Basics

/// An entry of the firmware's boot menu that names a file of a disk's EFI system partition, as an installation makes one.
///
/// Without one a firmware starts `EFI/BOOT/BOOTX64.EFI` only. Format: EFI_LOAD_OPTION and device paths of UEFI 2.10,
/// 3.1.3 and 10.3.5.
struct BootEntry: Sendable, Equatable {
    /// Any number will do that a firmware does not give itself; those begin at 0.
    static let number: UInt16 = 0x494E

    let partition: PartitionEntry
    let table: PartitionTable.Label
    let diskIdentifier: String
    let sectorSize: UInt64
    /// The path on the partition, with slashes of either kind.
    let loader: String

    static let espTypes = ["C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "ef"]

    /// Nil if the disk has no EFI system partition.
    init?(loader: String, on table: PartitionTable) {
        guard let partition = table.entries.first(where: { Self.espTypes.contains($0.type) }) else { return nil }
        self.partition = partition
        self.table = table.label
        diskIdentifier = table.diskIdentifier
        sectorSize = table.sectorSize
        self.loader = loader
    }

    /// `BootXXXX`, and `BootOrder` with this entry as the only one; the firmware appends what it finds.
    var variables: [(name: String, data: [UInt8])] {
        [
            ("Boot" + String(Self.number, radix: 16, uppercase: true), option),
            ("BootOrder", Self.number.littleEndianBytes),
        ]
    }

    private var option: [UInt8] {
        let path = drive + file + [0x7F, 0xFF, 4, 0]
        let title = (Array("ingot boot-test".utf16) + [0]).flatMap(\.littleEndianBytes)
        return UInt32(1).littleEndianBytes + UInt16(path.count).littleEndianBytes + title + path
    }

    private var drive: [UInt8] {
        let place = (partition.start / sectorSize).littleEndianBytes + (partition.size / sectorSize).littleEndianBytes
        let head: [UInt8] = [4, 1, 42, 0] + UInt32(partition.number).littleEndianBytes + place
        switch table {
        case .gpt: return head + Self.guid(partition.identifier) + [2, 2]
        case .mbr:
            let signature = (UInt32(diskIdentifier, radix: 16) ?? 0).littleEndianBytes
            return head + signature + [UInt8](repeating: 0, count: 12) + [1, 1]
        }
    }

    private var file: [UInt8] {
        let path = "\\" + loader.split { $0 == "/" || $0 == "\\" }.joined(separator: "\\")
        let text = (Array(path.utf16) + [0]).flatMap(\.littleEndianBytes)
        return [4, 4] + UInt16(4 + text.count).littleEndianBytes + text
    }

    /// The 16 bytes of a GUID; its first three fields are little-endian.
    private static func guid(_ text: String) -> [UInt8] {
        let fields = text.split(separator: "-").map { field in
            stride(from: 0, to: field.count, by: 2).compactMap { index in
                UInt8(field.dropFirst(index).prefix(2), radix: 16)
            }
        }
        return fields.enumerated().flatMap { $0.offset < 3 ? $0.element.reversed() : $0.element }
    }
}
