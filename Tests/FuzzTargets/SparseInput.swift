import DiskFormats
package import SystemPackage

/// A fuzzer's input as a description of a file: short, though files of disk images are mostly holes.
///
///     0 flags    then records: 3 bytes sector (of 512 bytes, below 2^20), 2 bytes length, the data; all little-endian
///
/// The last record may be cut short. What no record covers is a hole; the file ends where the furthest record does.
package struct SparseInput {
    private static let sectorLimit = 1 << 20

    /// Whether checksums are mended first, so that the fuzzer gets past them.
    package let mendsChecksums: Bool
    package private(set) var pieces: [(offset: Int, bytes: [UInt8])] = []
    package private(set) var fileSize = 0

    package init(_ bytes: [UInt8]) {
        mendsChecksums = (bytes.first ?? 0) & 1 == 1
        var position = 1
        while position + 5 <= bytes.count {
            let sector = Int(bytes[position]) | Int(bytes[position + 1]) << 8 | Int(bytes[position + 2]) << 16
            let wanted = Int(bytes[position + 3]) | Int(bytes[position + 4]) << 8
            position += 5
            let count = min(wanted, bytes.count - position)
            let offset = sector % Self.sectorLimit * 512
            append(Array(bytes[position..<(position + count)]), at: offset)
            position += count
        }
    }

    /// One more record, which overwrites those before it.
    mutating func append(_ bytes: [UInt8], at offset: Int) {
        pieces.append((offset, bytes))
        fileSize = max(fileSize, offset + bytes.count)
    }

    /// Writes the file, whatever it held before.
    package func write(to path: FilePath) throws {
        let file = try ImageFile.create(path)
        for piece in pieces { try piece.bytes.withUnsafeBytes { try file.write($0, at: UInt64(piece.offset)) } }
    }

    /// The input that describes a file, at most so many bytes of it that are not zero.
    package static func packing(_ path: FilePath, mendsChecksums: Bool, limit: Int = 48 << 10) throws -> [UInt8] {
        let file = try ImageFile.open(path)
        let size = Int(try file.size())
        var result: [UInt8] = [mendsChecksums ? 1 : 0]
        for start in stride(from: 0, to: size, by: 512) {
            var sector = [UInt8](repeating: 0, count: min(512, size - start))
            try sector.withUnsafeMutableBytes { try file.read(at: UInt64(start), into: $0) }
            let isLast = start + 512 >= size
            while !isLast, sector.last == 0 { sector.removeLast() }
            if sector.isEmpty || result.count + sector.count > limit { continue }
            let (number, count) = (start / 512, sector.count)
            result += [UInt8(number & 0xFF), UInt8(number >> 8 & 0xFF), UInt8(number >> 16 & 0xFF)]
            result += [UInt8(count & 0xFF), UInt8(count >> 8)] + sector
        }
        return result
    }
}
