package import Basics

extension PartitionTable {
    /// The partition table found by reading a disk of 512-byte sectors; `read` takes a byte offset and a length.
    ///
    /// For looking only, in pure Swift and on any source of bytes. Tables are made and changed by `PartitionTables`.
    package static func scan(
        _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> PartitionTable {
        let sector = try read(0, MasterBootRecord.size)
        guard let record = MasterBootRecord(sector: sector) else {
            throw DiskFormatError(.malformed, "read the partition table", "there is none in sector 0")
        }
        if record.isProtective { return try scanGPT(read) }
        var entries: [PartitionEntry] = []
        for (index, partition) in record.records.enumerated() where !partition.isEmpty {
            let kind: PartitionEntry.Kind = partition.isExtended ? .extended : .primary
            let entry = PartitionEntry(partition, number: index + 1, kind: kind)
            entries.append(entry)
            if kind == .extended { entries += try scanLogical(entry, read) }
        }
        let identifier = String(record.diskIdentifier, radix: 16)
        return PartitionTable(
            label: .mbr, diskIdentifier: String(repeating: "0", count: 8 - identifier.count) + identifier,
            entries: entries.sorted { $0.number < $1.number })
    }

    private static func scanGPT(
        _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> PartitionTable {
        let sector = try read(512, 512)
        if !sector.starts(with: GUIDPartitionTableHeader.signature),
            try read(4096, 512).starts(with: GUIDPartitionTableHeader.signature)
        {
            throw DiskFormatError(.unsupported, "read the GPT", "it is made for sectors of 4096 bytes")
        }
        let header = try GUIDPartitionTableHeader(sector: sector)
        guard header.entriesSector < UInt64.max / 1024 else {
            throw DiskFormatError(.malformed, "read the GPT", "its entries lie outside of the disk")
        }
        let entries = try read(header.entriesSector * 512, header.entriesLength)
        return PartitionTable(
            label: .gpt, diskIdentifier: header.diskIdentifier, entries: try header.partitions(entries: entries))
    }

    /// Walks the chain of extended boot records; each holds one partition and a link to the next record.
    private static func scanLogical(
        _ extended: PartitionEntry, _ read: (_ offset: UInt64, _ count: Int) throws(DiskFormatError) -> [UInt8]
    ) throws(DiskFormatError) -> [PartitionEntry] {
        var entries: [PartitionEntry] = []
        var position = extended.start
        while entries.count < 128, let record = MasterBootRecord(sector: try read(position, MasterBootRecord.size)) {
            if !record.records[0].isEmpty {
                entries.append(
                    PartitionEntry(record.records[0], number: 5 + entries.count, kind: .logical, base: position / 512))
            }
            let link = record.records[1]
            let next = extended.start + UInt64(link.firstSector) * 512
            guard !link.isEmpty, next > position, next < extended.end else { break }
            position = next
        }
        return entries
    }
}
