import Glibc
import Synchronization

/// Finds where two disks differ, as a guest sees them: formats, holes and compression do not count.
///
/// If one disk is larger, what it has beyond the other must be zero, as with `qemu-img compare`.
package struct ImageComparison: Sendable {
    private struct State {
        var cursor: ChunkCursor
        var difference: UInt64?
        var failure: (any Error)?

        /// The next piece to look at; none after the first difference, since pieces are handed out in order.
        mutating func next() -> Range<UInt64>? {
            guard difference == nil, failure == nil else { return nil }
            do { return try cursor.next() } catch {
                failure = error
                return nil
            }
        }
    }

    private static let chunkSize = 1 << 20
    private let left: any GuestImage
    private let right: any GuestImage

    package init(_ left: any GuestImage, _ right: any GuestImage) {
        self.left = left
        self.right = right
    }

    /// The offset of the first byte that differs; nil if there is none.
    ///
    /// Works on all processors, with 2 MiB for each.
    package func firstDifference(threadCount: Int = availableProcessorCount()) throws -> UInt64? {
        let cursor = ChunkCursor([left, right], chunkSize: UInt64(Self.chunkSize))
        let state = Shared(State(cursor: cursor))
        let work: @Sendable (Int) -> Void = { _ in compare(state) }
        try withWorkerThreads(max(1, threadCount), worker: work, stop: {}, body: {})
        return try state.value.withLock { state in
            if let failure = state.failure, state.difference == nil { throw failure }
            return state.difference
        }
    }

    private final class Shared: Sendable {
        let value: Mutex<State>
        init(_ state: State) { value = Mutex(state) }
    }

    /// The life of a worker; pieces that others took before a difference was found are finished, so the least one counts.
    private func compare(_ state: Shared) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * Self.chunkSize, alignment: 4096)
        defer { buffer.deallocate() }
        while let range = state.value.withLock({ $0.next() }) {
            do {
                let halves = (
                    UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count]),
                    UnsafeMutableRawBufferPointer(rebasing: buffer[Self.chunkSize..<(Self.chunkSize + range.count)])
                )
                try left.readPadded(at: range.lowerBound, into: halves.0)
                try right.readPadded(at: range.lowerBound, into: halves.1)
                guard let index = firstDifference(.init(halves.0), .init(halves.1)) else { continue }
                let offset = range.lowerBound + UInt64(index)
                state.value.withLock { $0.difference = min(offset, $0.difference ?? offset) }
            } catch { state.value.withLock { $0.failure = $0.failure ?? error } }
        }
    }

    private func firstDifference(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int? {
        guard let one = left.baseAddress, let other = right.baseAddress, memcmp(one, other, left.count) != 0 else {
            return nil
        }
        return left.indices.first { left[$0] != right[$0] }
    }
}
