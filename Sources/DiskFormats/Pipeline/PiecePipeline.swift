import Dispatch
import Synchronization

/// Reads and encodes a disk's data on several threads, and hands the pieces over in the disk's order.
///
/// A fixed set of slots bounds the memory: a worker takes a free slot, then the next piece of the disk, so the piece that
/// is due next always has a slot and nothing can wait for ever. Workers read for themselves (`pread`), so the
/// one consumer does nothing but place and write.
final class PiecePipeline: Sendable {
    private struct State {
        var cursor: ChunkCursor
        var freeSlots: [Int]
        /// Slots of finished pieces by the piece's number, or why there is none.
        var finished: [Int: Result<Int, any Error>] = [:]
        var startedCount = 0
        var isExhausted = false
    }

    private struct Job {
        let number: Int
        let slot: Int
        let range: Range<UInt64>
    }

    private final class Slot: Sendable {
        let buffer: Mutex<PieceBuffer>

        init(size: Int) { buffer = Mutex(PieceBuffer(size: size)) }
    }

    private let image: any GuestImage
    private let threadCount: Int
    private let encoders: [any LaneEncoding]
    private let slots: [Slot]
    private let state: Mutex<State>
    private let slotFreed = DispatchSemaphore(value: 0)
    private let pieceFinished = DispatchSemaphore(value: 0)

    /// `visited` are the disks whose data ranges count, `image` the one that is read.
    init(image: any GuestImage, visited: [any GuestImage], memory: PipelineMemory, encoders: [any LaneEncoding]) {
        self.image = image
        self.encoders = encoders
        threadCount = memory.threadCount
        slots = (0..<memory.pieceCount).map { _ in Slot(size: memory.pieceSize) }
        let cursor = ChunkCursor(visited, chunkSize: UInt64(memory.pieceSize))
        state = Mutex(State(cursor: cursor, freeSlots: Array(slots.indices)))
    }

    /// Calls `consume` on this thread with every piece in order; may be called once.
    func forEachPiece(_ consume: (_ number: Int, DiskPiece) throws -> Void) throws {
        for _ in slots { slotFreed.signal() }
        try withWorkerThreads(threadCount, worker: { [self] _ in work() }, stop: stop) {
            var number = 0
            while let slot = try waitForSlot(ofPiece: number) {
                try slots[slot].buffer.withLock { try consume(number, $0.piece) }
                state.withLock { $0.freeSlots.append(slot) }
                slotFreed.signal()
                number += 1
            }
        }
    }

    /// The slot of a piece once it is finished; nil after the last one.
    private func waitForSlot(ofPiece number: Int) throws -> Int? {
        while true {
            let (result, isLast) = state.withLock { state in
                (state.finished.removeValue(forKey: number), state.isExhausted && number == state.startedCount)
            }
            if let result { return try result.get() }
            if isLast { return nil }
            pieceFinished.wait()
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
                try slots[job.slot].buffer.withLock { buffer in
                    try buffer.read(job.range, of: image)
                    for encoder in encoders { try encoder.encode(buffer.piece, number: job.number) }
                }
                return job.slot
            }
            state.withLock { $0.finished[job.number] = result }
            pieceFinished.signal()
        }
        pieceFinished.signal()
        slotFreed.signal()
    }

    private func nextJob() -> Job? {
        slotFreed.wait()
        return state.withLock { state in
            guard !state.isExhausted, let slot = state.freeSlots.popLast() else { return nil }
            do {
                guard let range = try state.cursor.next() else {
                    state.isExhausted = true
                    return nil
                }
                defer { state.startedCount += 1 }
                return Job(number: state.startedCount, slot: slot, range: range)
            } catch {
                state.finished[state.startedCount] = .failure(error)
                state.startedCount += 1
                state.isExhausted = true
                return nil
            }
        }
    }
}
