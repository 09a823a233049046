import Dispatch
import Synchronization

/// A ring of slots between the thread that cuts a stream into pieces and the threads that compress them.
final class GzipQueue: Sendable {
    private struct State {
        var waiting: [(slot: Int, piece: GzipPiece)] = []
        var results: [Int: GzipBlock] = [:]
        var isStopped = false
    }

    let slotCount: Int
    private let compress: @Sendable (GzipPiece) -> GzipBlock?
    private let state = Mutex(State())
    private let filled = DispatchSemaphore(value: 0)
    private let done: [DispatchSemaphore]

    /// `compress` gives nil if its library refuses.
    init(slotCount: Int, compress: @escaping @Sendable (GzipPiece) -> GzipBlock?) {
        self.slotCount = slotCount
        self.compress = compress
        done = (0..<slotCount).map { _ in DispatchSemaphore(value: 0) }
    }

    /// The slot must be free: its last result has been taken.
    func submit(_ piece: GzipPiece, slot: Int) {
        state.withLock { $0.waiting.append((slot, piece)) }
        filled.signal()
    }

    /// Waits for the result of a slot.
    func result(slot: Int) throws -> GzipBlock {
        done[slot].wait()
        guard let block = state.withLock({ $0.results.removeValue(forKey: slot) }) else {
            throw TreeFormatError(.library, "compress", "the compressor refuses the level, or has no memory")
        }
        return block
    }

    /// As many signals as there can be workers: each finds that it is over.
    func stop() {
        state.withLock { $0.isStopped = true }
        for _ in 0..<slotCount { filled.signal() }
    }

    func work() {
        while true {
            filled.wait()
            let item = state.withLock { $0.isStopped || $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
            guard let item else { return }
            let block = compress(item.piece)
            state.withLock { $0.results[item.slot] = block }
            done[item.slot].signal()
        }
    }
}
