import DiskFormats

/// Compresses a stream by gzip on several threads; the bytes depend neither on their number nor on the clock.
package struct GzipStream: Sendable {
    package enum Shape: Sendable {
        /// Pieces of the stream, each a gzip member of its own, by libdeflate.
        ///
        /// RFC 1952 section 2.2 lets a file be several members; gzip, Go, Python, 7-Zip and libarchive read them as one.
        case members
        /// One member, by zlib, as pigz writes it: each piece begins with the window of the one before.
        ///
        /// The kernel wants the archive in an initramfs to end where a member ends.
        case single
    }

    package let shape: Shape
    package let level: Int
    package let threadCount: Int

    package init(_ shape: Shape = .members, level: Int = 9, threadCount: Int? = nil) {
        self.shape = shape
        self.level = level
        self.threadCount = threadCount ?? availableProcessorCount()
    }

    /// Runs `produce` with a sink whose bytes reach `sink` compressed.
    ///
    /// That `produce` finishes its sink finishes `sink`.
    package func compress<Result>(to sink: any ByteSink, _ produce: (any ByteSink) throws -> Result) throws -> Result {
        let (shape, level) = (shape, level)
        let queue = GzipQueue(slotCount: threadCount * 2) { piece in
            shape == .members
                ? MemberCompressor.compress(piece, level: level) : BlockCompressor.compress(piece, level: level)
        }
        let input = PieceSink(queue: queue, framing: shape == .single ? SingleMember() : nil, next: sink)
        return try withWorkerThreads(threadCount, worker: { _ in queue.work() }, stop: queue.stop) {
            try produce(input)
        }
    }
}

/// A piece of the stream on its way to a compressor.
struct GzipPiece: Sendable {
    let bytes: [UInt8]
    /// The end of the piece before.
    let window: [UInt8]
    let isLast: Bool
}

/// What a compressor makes of a piece.
struct GzipBlock: Sendable {
    let bytes: [UInt8]
    /// CRC-32 of the piece, where the member goes on after it.
    var checksum: UInt32 = 0
    let sourceCount: Int
}

/// Cuts the stream into pieces and writes what comes back in order.
private final class PieceSink: ByteSink {
    /// Less than a thousandth of the size is lost where a piece has no window.
    static let pieceSize = 4 << 20

    private let queue: GzipQueue
    private var framing: SingleMember?
    private let next: any ByteSink
    private var pending: [UInt8] = []
    private var window: [UInt8] = []
    /// Pieces handed out and written so far.
    private var (submitted, written) = (0, 0)

    init(queue: GzipQueue, framing: SingleMember?, next: any ByteSink) {
        (self.queue, self.framing, self.next) = (queue, framing, next)
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            // A full piece waits until it is known not to be the last one.
            if pending.count == Self.pieceSize { try submit(isLast: false) }
            if pending.isEmpty { pending.reserveCapacity(Self.pieceSize) }
            let count = min(rest.count, Self.pieceSize - pending.count)
            pending.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    func finish() throws {
        try submit(isLast: true)
        while written < submitted { try writeOldest() }
        if let framing { try framing.trailer.withUnsafeBytes { try next.write($0) } }
        try next.finish()
    }

    private func submit(isLast: Bool) throws {
        if submitted - written == queue.slotCount { try writeOldest() }
        let piece = GzipPiece(bytes: pending, window: window, isLast: isLast)
        if framing != nil { window = Array(pending.suffix(1 << 15)) }
        pending = []
        queue.submit(piece, slot: submitted % queue.slotCount)
        submitted += 1
    }

    private func writeOldest() throws {
        let block = try queue.result(slot: written % queue.slotCount)
        if written == 0, framing != nil { try SingleMember.header.withUnsafeBytes { try next.write($0) } }
        written += 1
        framing?.add(block)
        try block.bytes.withUnsafeBytes { try next.write($0) }
    }
}
