import CCrypto

/// A checksum algorithm of libcrypto.
package enum DigestAlgorithm: Sendable {
    case md5
    case sha256
}

/// A checksum in the making; for one thread.
package final class MessageDigest {
    private let context: OpaquePointer

    package init(_ algorithm: DigestAlgorithm) throws {
        guard let context = EVP_MD_CTX_new() else { throw Self.refused }
        self.context = context
        let type = algorithm == .md5 ? EVP_md5() : EVP_sha256()
        guard EVP_DigestInit_ex(context, type, nil) == 1 else { throw Self.refused }
    }

    deinit { EVP_MD_CTX_free(context) }

    package func update(_ bytes: UnsafeRawBufferPointer) throws {
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw Self.refused }
    }

    /// The checksum in lower-case hexadecimal digits; ends the work.
    package func finish() throws -> String {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard EVP_DigestFinal_ex(context, &bytes, &count) == 1 else { throw Self.refused }
        return bytes[..<Int(count)].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static var refused: DiskFormatError {
        DiskFormatError(.system, "compute a checksum", "libcrypto refused; the algorithm may be disabled here")
    }
}
