/// An output of a pass that writes nothing: the checksums of the disk itself, which are those of its raw file.
///
/// So a raw image's checksums cost no read of their own, and are computed while others compress.
final class ContentDigestSink: DiskImageSink {
    private static let zeroChunk = [UInt8](repeating: 0, count: 1 << 20)

    let grain = 1
    let encoder = NoEncoding()
    private let size: UInt64
    private let feed: (DigestChunk) -> Void
    private var position: UInt64 = 0

    /// `feed` takes the disk's bytes in order.
    init(size: UInt64, feed: @escaping (DigestChunk) -> Void) {
        self.size = size
        self.feed = feed
    }

    func append(_ piece: DiskPiece, _ encoded: Void) {
        feedZeros(to: piece.offset)
        feed(DigestChunk(bytes: Array(piece.bytes), count: piece.bytes.count))
        position = piece.offset + UInt64(piece.bytes.count)
    }

    func finish() { feedZeros(to: size) }

    /// Pieces that were not shown are zero.
    private func feedZeros(to end: UInt64) {
        while position < end {
            let count = Int(min(UInt64(Self.zeroChunk.count), end - position))
            feed(DigestChunk(bytes: Self.zeroChunk, count: count))
            position += UInt64(count)
        }
    }
}

extension FileDigest {
    /// Runs `body` with a sink, to be given to a pass; then the checksums of the disk of that pass.
    static func ofContents(size: UInt64, _ body: (any DiskImageSink) throws -> Void) throws -> FileDigest {
        let results = try DigestPipeline(algorithms: [.md5, .sha256]).digests { feed in
            try body(ContentDigestSink(size: size, feed: feed))
        }
        return FileDigest(md5: results[0], sha256: results[1])
    }
}
