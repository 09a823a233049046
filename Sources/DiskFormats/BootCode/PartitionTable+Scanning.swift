package import Basics

extension PartitionTable {
    /// The partition table found by reading a disk; `read` takes a byte offset and a length.
    ///
    /// For looking only, in pure Swift and on any source of bytes. Tables are made and changed by `PartitionTables`.
    package static func scan(
        sectorSize: UInt64 = 512, _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> PartitionTable {
        let sector = try read(0, MasterBootRecord.size)
        guard let record = MasterBootRecord(sector: sector) else {
            throw DiskFormatError(.malformed, "read the partition table", "there is none in sector 0")
        }
        if record.isProtective { return try scanGPT(sectorSize, read) }
        var entries: [PartitionEntry] = []
        for (index, partition) in record.records.enumerated() where !partition.isEmpty {
            let kind: PartitionEntry.Kind = partition.isExtended ? .extended : .primary
            let entry = PartitionEntry(partition, number: index + 1, kind: kind, sectorSize: sectorSize)
            entries.append(entry)
            if kind == .extended { entries += try scanLogical(entry, sectorSize, read) }
        }
        let identifier = String(record.diskIdentifier, radix: 16)
        return PartitionTable(
            label: .mbr, sectorSize: sectorSize,
            diskIdentifier: String(repeating: "0", count: 8 - identifier.count) + identifier,
            entries: entries.sorted { $0.number < $1.number })
    }

    private static func scanGPT(
        _ sectorSize: UInt64, _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> PartitionTable {
        let sector = try read(sectorSize, 512)
        let other: UInt64 = sectorSize == 512 ? 4096 : 512
        if !sector.starts(with: GUIDPartitionTableHeader.signature),
            try read(other, 512).starts(with: GUIDPartitionTableHeader.signature)
        {
            throw DiskFormatError(.unsupported, "read the GPT", "it is made for sectors of \(other) bytes")
        }
        let header = try GUIDPartitionTableHeader(sector: sector)
        guard header.entriesSector < UInt64.max / 8192 else {
            throw DiskFormatError(.malformed, "read the GPT", "its entries lie outside of the disk")
        }
        let entries = try read(header.entriesSector * sectorSize, header.entriesLength)
        return PartitionTable(
            label: .gpt, sectorSize: sectorSize, diskIdentifier: header.diskIdentifier,
            entries: try header.partitions(entries: entries, sectorSize: sectorSize))
    }

    /// Walks the chain of extended boot records; each holds one partition and a link to the next record.
    private static func scanLogical(
        _ extended: PartitionEntry, _ sectorSize: UInt64,
        _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> [PartitionEntry] {
        var entries: [PartitionEntry] = []
        var position = extended.start
        while entries.count < 128, let record = MasterBootRecord(sector: try read(position, MasterBootRecord.size)) {
            if !record.records[0].isEmpty {
                entries.append(
                    PartitionEntry(
                        record.records[0], number: 5 + entries.count, kind: .logical, base: position / sectorSize,
                        sectorSize: sectorSize))
            }
            let link = record.records[1]
            let next = extended.start + UInt64(link.firstSector) * sectorSize
            guard !link.isEmpty, next > position, next < extended.end else { break }
            position = next
        }
        return entries
    }
}
