import CCrypto
import DiskFormats

/// The checksums of a btrfs: of its metadata and of every block of its files (`csum_type`).
enum BtrfsChecksum: UInt16 {
    case crc32c = 0
    case sha256 = 2

    var size: Int { self == .crc32c ? 4 : 32 }

    func sum(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var sum: [UInt8] = []
        append(bytes, to: &sum)
        return sum
    }

    func append(_ bytes: UnsafeRawBufferPointer, to sums: inout [UInt8]) {
        switch self {
        case .crc32c: sums.append(littleEndian: ~Crc32c.update(.max, bytes))
        case .sha256:
            withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { sum in
                _ = EVP_Digest(bytes.baseAddress, bytes.count, sum.baseAddress, nil, EVP_sha256(), nil)
                sums.append(contentsOf: sum)
            }
        }
    }

    /// Enters the checksum of a node or of a superblock, which begins with 32 bytes for it.
    func seal(_ block: inout [UInt8]) {
        let own = block.withUnsafeBytes { sum(of: UnsafeRawBufferPointer(rebasing: $0[32...])) }
        block.replaceSubrange(0..<32, with: own + [UInt8](repeating: 0, count: 32 - size))
    }

    /// Of a name in a directory, or of an attribute.
    static func hash(ofName name: [UInt8]) -> UInt64 {
        UInt64(Crc32c.update(0xFFFF_FFFE, name[...]))
    }

    /// Of a name, with the directory that it is in.
    static func hash(ofName name: [UInt8], in directory: UInt64) -> UInt64 {
        UInt64(Crc32c.update(UInt32(truncatingIfNeeded: directory), name[...]))
    }
}
