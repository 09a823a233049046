import Synchronization

/// The threads' side of an output: encodes pieces and keeps what came out until the piece's turn.
protocol LaneEncoding: Sendable {
    func encode(_ piece: DiskPiece, number: Int) throws
}

/// The encoder of one output with its finished pieces, by number.
final class LaneEncoder<Encoder: DiskPieceEncoder>: LaneEncoding {
    private let encoder: Encoder
    private let finished = Mutex<[Int: Encoder.Encoded]>([:])

    init(_ encoder: Encoder) { self.encoder = encoder }

    func encode(_ piece: DiskPiece, number: Int) throws {
        let encoded = try encoder.encode(piece)
        finished.withLock { $0[number] = encoded }
    }

    /// What became of a piece that was encoded before; handed over once.
    func take(_ number: Int) throws -> Encoder.Encoded {
        guard let encoded = finished.withLock({ $0.removeValue(forKey: number) }) else { throw CancellationError() }
        return encoded
    }
}
