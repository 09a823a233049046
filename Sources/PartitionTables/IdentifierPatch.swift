import Basics

/// Writes into a fresh table what libparted cannot be told: identifiers and types, with the checksums they change.
struct IdentifierPatch {
    let table: PartitionTable
    /// What was in the first 440 bytes before: libparted puts boot code of its own there.
    let bootCode: [UInt8]

    func apply(to image: ImageBytes) throws {
        switch table.label {
        case .mbr: try applyMBR(to: image)
        case .gpt: try applyGPT(to: image)
        }
        try image.synchronise()
    }

    private func applyMBR(to image: ImageBytes) throws {
        guard let signature = UInt32(table.diskIdentifier, radix: 16) else { throw Refusal("bad disk identifier") }
        let beyond = table.entries.filter { $0.number > ExtendedChain.libpartedLimit }.sorted { $0.number < $1.number }
        if !beyond.isEmpty { try ExtendedChain.append(beyond, of: table, to: image) }
        for slot in try MasterBootRecord.slots(of: image) {
            let descriptor: [UInt8]
            if slot.role == .link {
                descriptor = MasterBootRecord.descriptor(
                    flag: 0, type: MasterBootRecord.linkType, start: slot.start, length: slot.length)
            } else {
                let entry = table.entries.first { $0.number == slot.number }
                guard let entry, entry.start == slot.start * table.sectorSize else {
                    throw Refusal("libparted wrote a partition \(slot.number) that was not asked for")
                }
                descriptor = MasterBootRecord.descriptor(
                    flag: entry.isBootable ? MasterBootRecord.active : 0, type: entry.typeByte, start: slot.start,
                    length: slot.length)
            }
            try image.write(SectorBuffer(descriptor), at: slot.position)
        }
        var sector = try image.read(at: 0, count: MasterBootRecord.sectorSize)
        sector.set(bootCode, at: 0)
        sector.set(signature, at: MasterBootRecord.signatureOffset)
        try image.write(sector, at: 0)
    }

    private func applyGPT(to image: ImageBytes) throws {
        let sectorSize = table.sectorSize
        guard let diskGUID = GUID(table.diskIdentifier) else { throw Refusal("bad disk identifier") }
        var primary = try GPTHeader(image, sector: 1, sectorSize: sectorSize)
        var backup = try GPTHeader(image, sector: primary.otherLBA, sectorSize: sectorSize)
        var entries = try primary.entries(of: image, sectorSize: sectorSize)
        for entry in table.entries {
            guard let type = GUID(entry.type), let identifier = GUID(entry.identifier) else {
                throw Refusal("bad GUID of partition \(entry.number)")
            }
            let offset = (entry.number - 1) * primary.entrySize
            entries.set(type.diskBytes, at: offset + GPTEntry.typeOffset)
            entries.set(identifier.diskBytes, at: offset + GPTEntry.identifierOffset)
            entries.set(GPTEntry.nameBytes(entry.name), at: offset + GPTEntry.nameOffset)
        }
        primary.seal(diskGUID: diskGUID, entries: entries)
        backup.seal(diskGUID: diskGUID, entries: entries)
        // The copy first: at no instant is there no good table.
        try image.write(entries, at: backup.entriesLBA * sectorSize)
        try image.write(backup.buffer, at: primary.otherLBA * sectorSize)
        try image.write(entries, at: primary.entriesLBA * sectorSize)
        try image.write(primary.buffer, at: sectorSize)
        try image.write(
            MasterBootRecord.protective(bootCode: bootCode, sectors: image.size / sectorSize), at: 0)
    }
}

/// Offsets in an entry of a GPT (UEFI 2.10, table 5-6).
enum GPTEntry {
    static let typeOffset = 0
    static let identifierOffset = 16
    static let firstOffset = 32
    static let lastOffset = 40
    static let attributesOffset = 48
    static let nameOffset = 56
    private static let nameUnits = 36

    /// UTF-16, little-endian, filled up with zeroes.
    static func nameBytes(_ name: String) -> [UInt8] {
        let units = Array(name.utf16.prefix(nameUnits))
        let padded = units + Array(repeating: 0, count: nameUnits - units.count)
        return padded.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    }

    static func name(in entries: SectorBuffer, at offset: Int) -> String {
        let units = (0..<nameUnits).map { entries.integer(at: offset + nameOffset + 2 * $0, as: UInt16.self) }
        return String(decoding: units.prefix { $0 != 0 }, as: UTF16.self)
    }
}
