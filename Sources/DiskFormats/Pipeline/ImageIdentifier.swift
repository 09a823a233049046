import CDeflate

/// Sixteen bytes by which virtualisation software tells images apart (a UUID).
struct ImageIdentifier: Sendable, Equatable {
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// The identifier as a GUID of Microsoft's formats, whose first three fields are little-endian.
    init(guid text: String) {
        let digits = text.filter(\.isHexDigit)
        let pairs = stride(from: 0, to: digits.count, by: 2).map { digits.dropFirst($0).prefix(2) }
        self = ImageIdentifier(bytes: pairs.compactMap { UInt8($0, radix: 16) }).asGUID
    }

    /// The same UUID as Microsoft's formats write it.
    var asGUID: ImageIdentifier {
        ImageIdentifier(bytes: [3, 2, 1, 0, 5, 4, 7, 6].map { bytes[$0] } + bytes[8...])
    }

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }
}

/// Makes an identifier out of a disk's contents: equal disks get equal ones, others differ, and no clock or chance is asked.
///
/// VirtualBox refuses two disks of the same UUID, so a constant would not do. Each grain of data is reduced to a CRC-32 and
/// an Adler-32, which costs next to nothing; SHA-256 over all of them makes the identifier.
struct ContentIdentity {
    private let digest: MessageDigest

    /// `purpose` keeps images of one disk in several formats apart.
    init(size: UInt64, purpose: String) throws {
        digest = try MessageDigest(.sha256)
        try Array(purpose.utf8).withUnsafeBytes { try digest.update($0) }
        try add([size])
    }

    /// What `add` takes for a grain at a place of the disk.
    static func fingerprint(of grain: UnsafeRawBufferPointer, at offset: UInt64) -> [UInt64] {
        let checksums = (
            libdeflate_crc32(0, grain.baseAddress, grain.count), libdeflate_adler32(1, grain.baseAddress, grain.count)
        )
        return [offset, UInt64(checksums.0) << 32 | UInt64(checksums.1)]
    }

    /// Adds the fingerprints of the grains that are not all zero, in the disk's order.
    func add(_ numbers: [UInt64]) throws {
        try numbers.map(\.bigEndian).withUnsafeBytes { try digest.update($0) }
    }

    /// Identifiers, marked as UUIDs of version 8 (RFC 9562: made as their author likes); ends the work.
    func identifiers(_ count: Int) throws -> [ImageIdentifier] {
        let base = try digest.finish()
        return try (0..<count).map { index in
            let digits = Array(try sha256(of: "\(base) \(index)").utf8)
            var bytes = stride(from: 0, to: 32, by: 2).map { position in
                UInt8(String(decoding: digits[position..<(position + 2)], as: UTF8.self), radix: 16) ?? 0
            }
            bytes[6] = bytes[6] & 0x0F | 0x80
            bytes[8] = bytes[8] & 0x3F | 0x80
            return ImageIdentifier(bytes: bytes)
        }
    }
}
