import Basics

/// Appends logical partitions to the chain of extended boot records, past the sixty that libparted can number.
enum ExtendedChain {
    /// The last number libparted 3.5 gives: it counts to 64.
    static let libpartedLimit = 64

    /// Writes one record for each entry, in the first sector behind the partition before it, and links it.
    static func append(_ entries: [PartitionEntry], of table: PartitionTable, to image: ImageBytes) throws {
        let sectorSize = UInt64(MasterBootRecord.sectorSize)
        let slots = try MasterBootRecord.slots(of: image)
        guard let extended = slots.first(where: { $0.role == .extended }),
            var last = slots.last(where: { $0.role == .logical })
        else { throw Refusal("there is no chain to append to") }
        for entry in entries {
            let start = entry.start / sectorSize
            let length = entry.size / sectorSize
            let record = last.start + last.length
            guard record < start, start + length <= extended.start + extended.length else {
                throw Refusal("partition \(entry.number) does not fit behind the one before it")
            }
            var sector = SectorBuffer(Array(repeating: 0, count: MasterBootRecord.sectorSize))
            set(entry.typeByte, start: start, length: length, relativeTo: record, slot: 0, in: &sector)
            sector.set(MasterBootRecord.mark, at: MasterBootRecord.markOffset)
            try image.write(sector, at: record * sectorSize)
            let previous = last.position / sectorSize * sectorSize
            var linking = try image.read(at: previous, count: MasterBootRecord.sectorSize)
            set(
                MasterBootRecord.linkType, start: record, length: start + length - record, relativeTo: extended.start,
                slot: 1, in: &linking)
            try image.write(linking, at: previous)
            last = MasterBootRecord.Slot(
                role: .logical, number: entry.number,
                position: record * sectorSize + UInt64(MasterBootRecord.tableOffset), flag: 0, type: entry.typeByte,
                start: start, length: length)
        }
    }

    private static func set(
        _ type: UInt8, start: UInt64, length: UInt64, relativeTo base: UInt64, slot: Int, in sector: inout SectorBuffer
    ) {
        let offset = MasterBootRecord.tableOffset + slot * MasterBootRecord.entrySize
        sector.set(MasterBootRecord.descriptor(flag: 0, type: type, start: start, length: length), at: offset)
        sector.set(UInt32(clamping: start - base), at: offset + 8)
        sector.set(UInt32(clamping: length), at: offset + 12)
    }
}

extension PartitionEntry {
    /// The MBR type; the writer has made sure that it is one.
    var typeByte: UInt8 { UInt8(type, radix: 16) ?? 0 }
}
