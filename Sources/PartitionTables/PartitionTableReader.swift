package import Basics
package import SystemPackage

/// Reads the partition table of an image file: libparted finds and checks the partitions, their identifiers are read
/// beside it.
///
/// For tables of our own, which it verifies: fuzzing shows that libparted 3.5 itself crashes on hostile ones (`ped_disk_new`).
/// What looks at images of others (`BootCodeArea`, `ImageInspector`) has a parser of its own.
package enum PartitionTableReader {
    private static let sectorSizes: [UInt64] = [512, 1024, 2048, 4096]

    /// The table, its entries in order of number.
    package static func read(_ path: FilePath) throws(PartitionTableError) -> PartitionTable {
        try PartitionTableError.wrapping(.read, path: path) {
            try ImageBytes.withFile(path, .readOnly) { image in
                guard image.size >= 1024 else { throw Refusal("it is too short for one") }
                let gptSectorSize = try sectorSizes.first { size in
                    guard image.size >= 2 * size else { return false }
                    return GPTHeader.isMarked(try image.read(at: size, count: 512))
                }
                let label: PartitionTable.Label = gptSectorSize == nil ? .mbr : .gpt
                let sectorSize = gptSectorSize ?? 512
                guard try MasterBootRecord.hasMark(image.read(at: 0, count: 512)) else {
                    throw Refusal("there is no partition table")
                }
                return switch label {
                case .gpt: try gpt(image, partitions(path, image, label, sectorSize), sectorSize: sectorSize)
                case .mbr: try mbr(image, path: path)
                }
            }
        }
    }

    private static func partitions(
        _ path: FilePath, _ image: ImageBytes, _ label: PartitionTable.Label, _ sectorSize: UInt64
    ) throws -> [Parted.Partition] {
        try Parted.withDevice(path, sectorSize: sectorSize, size: image.size) {
            try $0.partitions(label: label).sorted { $0.number < $1.number }
        }
    }

    /// From the boot records themselves; libparted has to agree on every partition that it can number.
    private static func mbr(_ image: ImageBytes, path: FilePath) throws -> PartitionTable {
        let slots = try MasterBootRecord.slots(of: image).filter { $0.role != .link }.sorted { $0.number < $1.number }
        guard slots.allSatisfy({ $0.start + $0.length <= image.size / 512 }) else {
            throw Refusal("a partition ends behind the end of the disk")
        }
        if slots.allSatisfy({ $0.number <= ExtendedChain.libpartedLimit }) {
            let seen = try partitions(path, image, .mbr, 512).map { [UInt64($0.number), $0.start, $0.length] }
            guard seen == slots.map({ [UInt64($0.number), $0.start, $0.length] }) else {
                throw Refusal("libparted sees other partitions than the boot records name")
            }
        }
        let signature = try image.read(at: 0, count: 512).integer(at: MasterBootRecord.signatureOffset, as: UInt32.self)
        let entries = slots.map { slot in
            PartitionEntry(
                number: slot.number,
                kind: slot.role == .logical ? .logical : slot.role == .extended ? .extended : .primary,
                start: slot.start * 512, size: slot.length * 512, type: hexadecimal(slot.type, digits: 2),
                isBootable: slot.flag == MasterBootRecord.active)
        }
        return PartitionTable(label: .mbr, diskIdentifier: hexadecimal(signature, digits: 8), entries: entries)
    }

    private static func gpt(
        _ image: ImageBytes, _ partitions: [Parted.Partition], sectorSize: UInt64
    ) throws -> PartitionTable {
        let header = try GPTHeader(image, sector: 1, sectorSize: sectorSize)
        let bytes = try header.entries(of: image, sectorSize: sectorSize)
        let entries = try partitions.map { partition in
            guard (1...header.entryCount).contains(partition.number) else {
                throw Refusal("partition \(partition.number) has no entry")
            }
            let offset = (partition.number - 1) * header.entrySize
            func guid(_ field: Int) -> String {
                GUID(diskBytes: bytes.slice(at: offset + field, count: GUID.byteCount)).text
            }
            return PartitionEntry(
                number: partition.number, start: partition.start * sectorSize, size: partition.length * sectorSize,
                type: guid(GPTEntry.typeOffset), name: GPTEntry.name(in: bytes, at: offset),
                identifier: guid(GPTEntry.identifierOffset), isBootable: partition.isBootable)
        }
        return PartitionTable(
            label: .gpt, sectorSize: sectorSize, diskIdentifier: header.diskGUID.text, entries: entries)
    }
}
