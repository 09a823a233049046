/// CRC-32C (Castagnoli, reflected, polynomial 0x1EDC6F41): the checksum of VHDX's headers and tables.
enum Crc32c {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}

extension [UInt8] {
    /// Enters the checksum of all bytes, its own field counted as zero, in that field.
    mutating func setCrc32c(at offset: Int) {
        setLittleEndian(UInt32(0), at: offset)
        setLittleEndian(Crc32c.checksum(self), at: offset)
    }

    /// Whether the field holds the checksum of all bytes with itself as zero.
    func hasCrc32c(at offset: Int) -> Bool {
        var copy = self
        copy.setCrc32c(at: offset)
        return copy.littleEndian(UInt32.self, at: offset) == littleEndian(UInt32.self, at: offset)
    }
}
