import CChecksum

/// CRC-32C (Castagnoli, reflected, polynomial 0x1EDC6F41): the checksum of VHDX's headers, of ext4's metadata, and of all
/// that btrfs holds.
package enum Crc32c {
    /// Eight tables of 256 words: eight bytes are looked up at a time.
    private static let tables: [UInt32] = {
        var words: [UInt32] = (0..<256).map { index in
            var word = UInt32(index)
            for _ in 0..<8 { word = word & 1 == 0 ? word >> 1 : word >> 1 ^ 0x82F6_3B78 }
            return word
        }
        for index in 256..<2048 {
            let before = words[index - 256]
            words.append(before >> 8 ^ words[Int(before & 0xFF)])
        }
        return words
    }()

    private static let isFast = ingot_crc32c_is_fast()

    static func checksum(_ bytes: [UInt8]) -> UInt32 { ~update(.max, bytes[...]) }

    /// Goes on from a sum, with nothing inverted before or after: how ext4 chains its sums.
    package static func update(_ sum: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { update(sum, $0) }
    }

    package static func update(_ sum: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        isFast ? ingot_crc32c_update(sum, bytes.baseAddress, bytes.count) : updateByTables(sum, bytes)
    }

    static func updateByTables(_ sum: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var sum = sum
            var position = 0
            while position + 8 <= bytes.count {
                let low = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)) ^ sum
                let high = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
                let first = table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)]
                let second = table[1280 + Int(low >> 16 & 0xFF)] ^ table[1024 + Int(low >> 24)]
                let third = table[768 + Int(high & 0xFF)] ^ table[512 + Int(high >> 8 & 0xFF)]
                sum = first ^ second ^ third ^ table[256 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
                position += 8
            }
            while position < bytes.count {
                sum = sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ bytes[position])]
                position += 1
            }
            return sum
        }
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
