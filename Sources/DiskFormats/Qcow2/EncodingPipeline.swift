import Dispatch
import Synchronization

/// Reads and encodes a disk's data on several threads, and hands the batches over in the disk's order.
///
/// A fixed set of slots bounds the memory: a worker takes a free slot, then the next piece of the disk, so the piece that
/// is due next always has a slot and nothing can wait for ever. Workers read for themselves (`pread`), so the
/// one consumer does nothing but place and write.
final class EncodingPipeline: Sendable {
    private struct State {
        var cursor: BatchCursor
        var freeSlots: [Int]
        /// Slots of finished batches by the batch's number, or why there is none.
        var finished: [Int: Result<Int, any Error>] = [:]
        var startedCount = 0
        var isExhausted = false
    }

    private struct Job {
        let number: Int
        let slot: Int
        let clusters: Range<UInt64>
    }

    private final class Slot: Sendable {
        let batch: Mutex<ClusterBatch>

        init(capacity: Int, clusterSize: Int, compression: ClusterCompression) {
            batch = Mutex(ClusterBatch(capacity: capacity, clusterSize: clusterSize, compression: compression))
        }
    }

    private let image: any GuestImage
    private let threadCount: Int
    private let slots: [Slot]
    private let state: Mutex<State>
    private let slotFreed = DispatchSemaphore(value: 0)
    private let batchFinished = DispatchSemaphore(value: 0)

    /// `threadCount` is the number wished for; large clusters on a machine with many cores may allow fewer.
    init(image: any GuestImage, geometry: Qcow2Geometry, compression: ClusterCompression, threadCount: Int) {
        let clusterSize = Int(geometry.clusterSize)
        let memory = PipelineMemory(clusterSize: clusterSize, wantedThreads: threadCount)
        self.image = image
        self.threadCount = memory.threadCount
        slots = (0..<memory.batchCount).map { _ in
            Slot(capacity: memory.clustersPerBatch, clusterSize: clusterSize, compression: compression)
        }
        let cursor = BatchCursor(image: image, geometry: geometry, clustersPerBatch: memory.clustersPerBatch)
        state = Mutex(State(cursor: cursor, freeSlots: Array(slots.indices)))
    }

    /// Calls `consume` on this thread with every batch in order; may be called once.
    func forEachBatch(_ consume: (borrowing ClusterBatch) throws -> Void) throws {
        for _ in slots { slotFreed.signal() }
        try withWorkerThreads(threadCount, worker: { [self] _ in work() }, stop: stop) {
            var number = 0
            while let slot = try waitForSlot(ofBatch: number) {
                try slots[slot].batch.withLock { try consume($0) }
                state.withLock { $0.freeSlots.append(slot) }
                slotFreed.signal()
                number += 1
            }
        }
    }

    /// The slot of a batch once it is finished; nil after the last one.
    private func waitForSlot(ofBatch number: Int) throws -> Int? {
        while true {
            let (result, isLast) = state.withLock { state in
                (state.finished.removeValue(forKey: number), state.isExhausted && number == state.startedCount)
            }
            if let result { return try result.get() }
            if isLast { return nil }
            batchFinished.wait()
        }
    }

    private func stop() {
        state.withLock { $0.isExhausted = true }
        slotFreed.signal()
    }

    /// The life of a worker: until there is nothing left to take; then it wakes the next one, and the consumer.
    private func work() {
        while let job = nextJob() {
            let result = Result {
                try slots[job.slot].batch.withLock { try $0.encode(job.clusters, of: image) }
                return job.slot
            }
            state.withLock { $0.finished[job.number] = result }
            batchFinished.signal()
        }
        batchFinished.signal()
        slotFreed.signal()
    }

    private func nextJob() -> Job? {
        slotFreed.wait()
        return state.withLock { state in
            guard !state.isExhausted, let slot = state.freeSlots.popLast() else { return nil }
            do {
                guard let clusters = try state.cursor.next() else {
                    state.isExhausted = true
                    return nil
                }
                defer { state.startedCount += 1 }
                return Job(number: state.startedCount, slot: slot, clusters: clusters)
            } catch {
                state.finished[state.startedCount] = .failure(error)
                state.startedCount += 1
                state.isExhausted = true
                return nil
            }
        }
    }
}
