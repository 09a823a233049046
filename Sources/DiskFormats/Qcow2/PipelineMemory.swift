/// How an encoding pipeline divides the memory that it may take.
struct PipelineMemory: Sendable, Equatable {
    /// Bytes of disk that a worker takes at a time, if a cluster is not larger.
    private static let batchSize = 256 << 10
    /// A compressor's working memory, roughly.
    private static let compressorSize = 1 << 20
    /// All batches together.
    private static let limit = 64 << 20

    let clustersPerBatch: Int
    let threadCount: Int
    /// More batches than threads, so that nobody waits for the consumer.
    let batchCount: Int

    init(clusterSize: Int, wantedThreads: Int) {
        clustersPerBatch = max(1, Self.batchSize / clusterSize)
        let size = 2 * clustersPerBatch * clusterSize + Self.compressorSize
        let affordable = Self.limit / size
        threadCount = max(1, min(wantedThreads, (affordable - 2) * 2 / 3))
        batchCount = threadCount + max(2, threadCount / 2)
    }
}
