/// The SHA-256 of a text's UTF-8 bytes, in lower-case hexadecimal digits.
package func sha256(of text: String) throws -> String {
    let digest = try MessageDigest(.sha256)
    try Array(text.utf8).withUnsafeBytes { try digest.update($0) }
    return try digest.finish()
}
