extension SparseInput {
    /// Gives the structures whose checksum a reader verifies the right one; elsewhere the input stays as it is.
    mutating func mendChecksums(of target: FuzzTarget) {
        switch target {
        case .partitions, .parted, .inspection: mendGPT()
        case .vhd: mendVhd()
        case .vhdx: mendVhdx()
        case .qcow2, .vmdk, .vdi, .ext4, .fat, .osrelease: break
        }
    }

    /// The bytes of a part of the file as later pieces leave them.
    private func bytes(at offset: Int, count: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: count)
        for piece in pieces {
            let start = max(offset, piece.offset)
            let end = min(offset + count, piece.offset + piece.bytes.count)
            if start >= end { continue }
            result.replaceSubrange(
                (start - offset)..<(end - offset), with: piece.bytes[(start - piece.offset)..<(end - piece.offset)])
        }
        return result
    }

    private mutating func set(_ bytes: [UInt8], at offset: Int) {
        guard offset + bytes.count <= fileSize else { return }
        append(bytes, at: offset)
    }

    private func littleEndian(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> UInt32(8 * $0) & 0xFF) } }

    private func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    /// The header in sector 1, and the entries it names if they lie near.
    private mutating func mendGPT() {
        var header = bytes(at: 512, count: 512)
        let entries = (number(header, 72, 4), number(header, 80, 4), number(header, 84, 4))
        if entries.1 <= 1 << 10, entries.2 <= 1 << 10, entries.1 * entries.2 <= 1 << 17 {
            let sum = crc(
                bytes(at: entries.0 % 4096 * 512, count: entries.1 * entries.2), polynomial: Self.gptPolynomial)
            set(littleEndian(sum), at: 512 + 88)
            header.replaceSubrange(88..<92, with: littleEndian(sum))
        }
        let size = min(512, max(92, number(header, 12, 4)))
        header.replaceSubrange(16..<20, with: [0, 0, 0, 0])
        set(littleEndian(crc(Array(header[..<size]), polynomial: Self.gptPolynomial)), at: 512 + 16)
    }

    /// Footer at the end and its copy at the start, the dynamic header behind that; the ones' complement of a sum.
    private mutating func mendVhd() {
        for (start, count, place) in [(fileSize - 512, 512, 64), (0, 512, 64), (512, 1024, 36)] where start >= 0 {
            var part = bytes(at: start, count: count)
            part.replaceSubrange(place..<(place + 4), with: [0, 0, 0, 0])
            let sum = ~part.reduce(UInt32(0)) { $0 &+ UInt32($1) }
            set(littleEndian(sum).reversed(), at: start + place)
        }
    }

    /// Both headers and both region tables; CRC-32C.
    private mutating func mendVhdx() {
        for (start, count) in [(64 << 10, 4096), (128 << 10, 4096), (192 << 10, 65536), (256 << 10, 65536)] {
            var part = bytes(at: start, count: count)
            part.replaceSubrange(4..<8, with: [0, 0, 0, 0])
            set(littleEndian(crc(part, polynomial: Self.vhdxPolynomial)), at: start + 4)
        }
    }

    /// A reflected CRC of 32 bits.
    private func crc(_ bytes: [UInt8], polynomial: UInt32) -> UInt32 {
        let table = polynomial == Self.gptPolynomial ? Self.gptTable : Self.vhdxTable
        return bytes.withUnsafeBufferPointer { bytes in
            table.withUnsafeBufferPointer { table in
                var sum = ~UInt32(0)
                for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
                return ~sum
            }
        }
    }

    private static let gptPolynomial: UInt32 = 0xEDB8_8320
    private static let vhdxPolynomial: UInt32 = 0x82F6_3B78
    private static let gptTable = table(gptPolynomial)
    private static let vhdxTable = table(vhdxPolynomial)

    private static func table(_ polynomial: UInt32) -> [UInt32] {
        (0..<256).map { byte in
            (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1 }
        }
    }
}
