import Dispatch
import Synchronization

/// A piece of a file on its way to the checksums: the first `count` of the bytes.
struct DigestChunk: Sendable {
    let bytes: [UInt8]
    let count: Int
}

/// Feeds one stream of bytes to several checksums, each on a thread of its own; a few chunks are under way at most.
final class DigestPipeline: Sendable {
    /// Chunks that wait for one checksum, oldest first.
    private final class Lane: Sendable {
        struct State {
            var chunks: [DigestChunk] = []
            var result: Result<String, any Error>?
        }

        let algorithm: DigestAlgorithm
        let state = Mutex(State())
        let filled = DispatchSemaphore(value: 0)
        let emptied = DispatchSemaphore(value: 0)

        init(_ algorithm: DigestAlgorithm) { self.algorithm = algorithm }
    }

    private static let chunksUnderWay = 8

    private let lanes: [Lane]

    init(algorithms: [DigestAlgorithm]) { lanes = algorithms.map(Lane.init) }

    /// Calls `produce` on this thread with a function that takes the next chunk; then the checksums, in their order.
    func digests(_ produce: (@escaping (DigestChunk) -> Void) throws -> Void) throws -> [String] {
        for lane in lanes {
            for _ in 0..<Self.chunksUnderWay { lane.emptied.signal() }
        }
        // Every lane needs its own thread: one that nobody reads would block the producer.
        try withWorkerThreads(
            lanes.count, minimum: lanes.count, worker: { [self] in work(lanes[$0]) }, stop: close
        ) { try produce(feed) }
        return try lanes.map { lane in
            guard let result = lane.state.withLock({ $0.result }) else { throw CancellationError() }
            return try result.get()
        }
    }

    private func feed(_ chunk: DigestChunk) {
        for lane in lanes {
            lane.emptied.wait()
            lane.state.withLock { $0.chunks.append(chunk) }
            lane.filled.signal()
        }
    }

    /// One signal more than there are chunks: a worker that finds none ends.
    private func close() {
        for lane in lanes { lane.filled.signal() }
    }

    private func work(_ lane: Lane) {
        let digest = Result { try MessageDigest(lane.algorithm) }
        var failure: (any Error)?
        while let chunk = next(lane) {
            do {
                try chunk.bytes.withUnsafeBytes { try digest.get().update(.init(rebasing: $0[..<chunk.count])) }
            } catch { failure = failure ?? error }
            lane.emptied.signal()
        }
        let result = Result { try failure.map { throw $0 } ?? digest.get().finish() }
        lane.state.withLock { $0.result = result }
    }

    private func next(_ lane: Lane) -> DigestChunk? {
        lane.filled.wait()
        return lane.state.withLock { $0.chunks.isEmpty ? nil : $0.chunks.removeFirst() }
    }
}
