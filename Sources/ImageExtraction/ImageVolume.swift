import Basics
import ImageInspection

/// A file system in an image: where it lies, and by what names it is known.
struct ImageVolume: Hashable {
    /// The partition's number; 0 if the disk is one file system.
    let number: Int
    let offset: UInt64
    let size: UInt64
    /// libblkid's word.
    let type: String
    let label: String?
    let identifier: String?
    let partitionName: String?
    let partitionIdentifier: String?
    let partitionType: String

    var isExt: Bool { ["ext2", "ext3", "ext4"].contains(type) }
    /// Only mounting lets its files be read.
    var needsMount: Bool { ["xfs", "btrfs", "f2fs", "jfs", "reiserfs", "nilfs2", "erofs"].contains(type) }
    var canHoldSystem: Bool { isExt || needsMount || type == "squashfs" }
    /// EFI system partition, by GUID or MBR type.
    var isSystemPartition: Bool {
        ["c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "ef"].contains(partitionType.lowercased())
    }
    /// "Extended boot loader" of the discoverable partitions specification, or named so.
    var isBoot: Bool {
        partitionType.lowercased() == "bc13c2ff-59e6-4262-a352-b275fd6f7172"
            || [label, partitionName].contains { $0?.lowercased() == "boot" }
    }

    /// All that have a file system, in the table's order.
    static func all(in image: ImageDescription) -> [ImageVolume] {
        if let whole = image.filesystem {
            return [
                ImageVolume(
                    number: 0, offset: 0, size: image.virtualSize.bytes, type: whole.type, label: whole.label,
                    identifier: whole.identifier, partitionName: nil, partitionIdentifier: nil, partitionType: "")
            ]
        }
        return image.partitions.compactMap { partition in
            partition.filesystem.map {
                ImageVolume(
                    number: partition.number, offset: partition.start.bytes, size: partition.size.bytes,
                    type: $0.type, label: $0.label, identifier: $0.identifier, partitionName: partition.name,
                    partitionIdentifier: partition.identifier, partitionType: partition.type)
            }
        }
    }

    /// Whether a source of `/etc/fstab` means this volume.
    func isNamed(by source: String, diskIdentifier: String) -> Bool {
        let value = source.drop { $0 != "=" }.dropFirst().filter { $0 != "\"" }
        func equals(_ name: String?) -> Bool { name.map { $0.lowercased() == value.lowercased() } ?? false }
        if source.hasPrefix("UUID=") { return equals(identifier) }
        if source.hasPrefix("LABEL=") { return label.map { $0 == value } ?? false }
        if source.hasPrefix("PARTLABEL=") { return partitionName.map { $0 == value } ?? false }
        if source.hasPrefix("PARTUUID=") {
            // An MBR has none; the kernel makes one of the disk's identifier and the number.
            let number = String(number, radix: 16)
            let made = "\(diskIdentifier)-\(number.count < 2 ? "0" + number : number)"
            return equals(partitionIdentifier) || (partitionIdentifier == nil && equals(made))
        }
        // /dev/vda1, /dev/nvme0n1p1: whatever the disk was called, the number is the partition's.
        guard source.hasPrefix("/dev/"), !source.hasPrefix("/dev/mapper/") else { return false }
        let digits = source.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
        return number > 0 && Int(String(digits)) == number
    }

    var description: String { number == 0 ? "the disk (\(type))" : "partition \(number) (\(type))" }
}
