import DiskFormats

/// Passes a stream on, and counts and sums up what passes.
final class DigestSink: ByteSink {
    private let next: any ByteSink
    private let message: MessageDigest
    private(set) var count: UInt64 = 0

    init(next: any ByteSink) throws {
        self.next = next
        message = try MessageDigest(.sha256)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try message.update(bytes)
        count += UInt64(bytes.count)
        try next.write(bytes)
    }

    func finish() throws { try next.finish() }

    /// SHA-256 in hexadecimal digits; once, at the end.
    func digest() throws -> String { try message.finish() }
}
