package import Basics
import CZlib

/// The primary header of a GPT (UEFI 2.10, 5.3.2); its checksum is verified, its backup is not looked at.
///
/// ```
/// 0         8    12   16  24   32     40    48    56        72      80    84   88
/// EFI PART  rev  size CRC self backup first last  disk GUID entries count size entries' CRC
/// ```
package struct GUIDPartitionTableHeader: Hashable, Sendable {
    package let diskIdentifier: String
    package let entriesSector: UInt64
    package let entryCount: Int
    package let entrySize: Int
    package let entriesChecksum: UInt32

    static let signature = Array("EFI PART".utf8)

    /// Bytes of the array of entries; bounded by `init`, so that a hostile header cannot ask for more.
    package var entriesLength: Int { entryCount * entrySize }

    package init(sector: [UInt8]) throws(DiskFormatError) {
        guard sector.count == 512, Array(sector[0..<8]) == Self.signature else {
            throw DiskFormatError(.malformed, "read the GPT", "there is no header in sector 1")
        }
        let size = Int(sector.littleEndian(UInt32.self, at: 12))
        guard (92...512).contains(size) else {
            throw DiskFormatError(.malformed, "read the GPT", "the header claims \(size) bytes")
        }
        var unsummed = Array(sector[..<size])
        unsummed.setLittleEndian(UInt32(0), at: 16)
        guard checksum(unsummed) == sector.littleEndian(UInt32.self, at: 16) else {
            throw DiskFormatError(.malformed, "read the GPT", "the header's checksum is wrong")
        }
        let count = sector.littleEndian(UInt32.self, at: 80)
        let width = sector.littleEndian(UInt32.self, at: 84)
        guard count <= 1024, width >= 128, width <= 4096, width.isMultiple(of: 8) else {
            throw DiskFormatError(.malformed, "read the GPT", "the header claims \(count) entries of \(width) bytes")
        }
        diskIdentifier = guidText(sector, at: 56)
        entriesSector = sector.littleEndian(UInt64.self, at: 72)
        entryCount = Int(count)
        entrySize = Int(width)
        entriesChecksum = sector.littleEndian(UInt32.self, at: 88)
    }

    /// The used entries of the array that follows the header.
    package func partitions(entries: [UInt8], sectorSize: UInt64 = 512) throws(DiskFormatError) -> [PartitionEntry] {
        guard entries.count == entriesLength, checksum(entries) == entriesChecksum else {
            throw DiskFormatError(.malformed, "read the GPT", "the checksum of its entries is wrong")
        }
        var partitions: [PartitionEntry] = []
        for index in 0..<entryCount {
            let entry = Array(entries[(index * entrySize)..<((index + 1) * entrySize)])
            let type = guidText(entry, at: 0)
            if type == "00000000-0000-0000-0000-000000000000" { continue }
            let first = entry.littleEndian(UInt64.self, at: 32)
            let last = entry.littleEndian(UInt64.self, at: 40)
            guard first <= last, last < UInt64(Int64.max) / 8192 else {
                throw DiskFormatError(.malformed, "read the GPT", "entry \(index + 1) ends before it starts")
            }
            let name = stride(from: 56, to: 128, by: 2).map { entry.littleEndian(UInt16.self, at: $0) }
            partitions.append(
                PartitionEntry(
                    number: index + 1, start: first * sectorSize, size: (last - first + 1) * sectorSize,
                    type: type,
                    name: String(decoding: name.prefix { $0 != 0 }, as: UTF16.self),
                    identifier: guidText(entry, at: 16), isBootable: entry[48] & 0x04 != 0))
        }
        return partitions
    }
}

/// The CRC-32 that GPT uses, which is zlib's.
private func checksum(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count)))
}

/// A GUID in its usual text form; its first three fields are stored little-endian.
private func guidText(_ bytes: [UInt8], at offset: Int) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
    let digits = order.map { index in
        let text = String(bytes[offset + index], radix: 16, uppercase: true)
        return text.count == 1 ? "0" + text : text
    }
    return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
        .map { $0.joined() }.joined(separator: "-")
}
