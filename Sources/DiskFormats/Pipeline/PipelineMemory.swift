/// How a pass over a disk divides the memory that it may take.
struct PipelineMemory: Sendable, Equatable {
    /// Larger grains than this are not kept together.
    static let largestPiece = 4 << 20
    /// Bytes of disk that a worker takes at a time, if no output needs more.
    private static let usualPiece = 256 << 10
    /// A compressor's working memory, roughly.
    private static let compressorSize = 1 << 20
    /// All pieces together, and what became of them.
    private static let limit = 64 << 20

    let pieceSize: Int
    let threadCount: Int
    /// More pieces than threads, so that nobody waits for the consumer.
    let pieceCount: Int

    /// `grain` is a power of two: pieces are multiples of it.
    init(grain: Int, outputs: Int, wantedThreads: Int) {
        pieceSize = max(grain, Self.usualPiece)
        let size = pieceSize * (1 + max(1, outputs)) + Self.compressorSize * max(1, outputs)
        let affordable = max(3, Self.limit / size)
        threadCount = max(1, min(wantedThreads, (affordable - 2) * 2 / 3))
        pieceCount = max(threadCount + max(2, threadCount / 2), min(affordable, threadCount * 4))
    }
}
