import Basics

/// The partition records of one master boot record or extended boot record, as they stand in the sector.
///
/// ```
/// 0    446      462      478      494      510
/// code record 1 record 2 record 3 record 4 55 AA
/// record: status(1) CHS(3) type(1) CHS(3) first sector(4) sectors(4), little-endian
/// ```
package struct MasterBootRecord: Hashable, Sendable {
    package struct Record: Hashable, Sendable {
        package var status: UInt8
        package var type: UInt8
        package var firstSector: UInt32
        package var sectorCount: UInt32

        package var isEmpty: Bool { type == 0 || sectorCount == 0 }
        package var isExtended: Bool { [0x05, 0x0F, 0x85].contains(type) }
    }

    package static let size = 512

    package let diskIdentifier: UInt32
    package let records: [Record]

    /// Nil unless the sector ends in `55 AA` and every status byte is one of the two legal ones.
    ///
    /// The second condition tells a partition table from a file system's own boot sector, which has the same signature.
    package init?(sector: [UInt8]) {
        guard sector.count == Self.size, sector[510] == 0x55, sector[511] == 0xAA else { return nil }
        diskIdentifier = sector.littleEndian(UInt32.self, at: 440)
        records = (0..<4).map { index in
            let offset = 446 + 16 * index
            return Record(
                status: sector[offset], type: sector[offset + 4],
                firstSector: sector.littleEndian(UInt32.self, at: offset + 8),
                sectorCount: sector.littleEndian(UInt32.self, at: offset + 12))
        }
        guard records.allSatisfy({ $0.status == 0 || $0.status == 0x80 }) else { return nil }
    }

    /// The disk has a GPT: a record of the protective type stands for it.
    package var isProtective: Bool { records.contains { $0.type == 0xEE } }
}

extension PartitionEntry {
    /// A record as a partition whose first sector counts from `base`.
    init(_ record: MasterBootRecord.Record, number: Int, kind: Kind, base: UInt64 = 0, sectorSize: UInt64 = 512) {
        let digits = String(record.type, radix: 16)
        self.init(
            number: number, kind: kind, start: (base + UInt64(record.firstSector)) * sectorSize,
            size: UInt64(record.sectorCount) * sectorSize, type: digits.count == 1 ? "0" + digits : digits,
            isBootable: record.status == 0x80)
    }
}
