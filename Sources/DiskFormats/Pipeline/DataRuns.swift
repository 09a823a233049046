/// What a piece of a disk holds besides zeros, and a fingerprint of it.
struct DataRuns: Sendable {
    /// Runs of blocks of 4 KiB that are not zero, by their place in the piece.
    let runs: [Range<Int>]
    /// Two checksums of each grain of 64 KiB that is not zero, with its number; does not depend on the piece's size.
    let fingerprint: [UInt64]
}

/// Looks for zeros: the work that formats without compression can do ahead, on many threads.
struct DataRunEncoder: DiskPieceEncoder {
    /// Holes are made in units of this: the block size of common file systems.
    static let blockSize = 4096
    static let grain = 64 << 10

    init() {}

    func encode(_ piece: DiskPiece) -> DataRuns {
        var runs: [Range<Int>] = []
        var fingerprint: [UInt64] = []
        for start in stride(from: 0, to: piece.padded.count, by: Self.grain) {
            let grain = UnsafeRawBufferPointer(
                rebasing: piece.padded[start..<min(start + Self.grain, piece.padded.count)])
            let found = Self.runs(in: grain)
            if found.isEmpty { continue }
            fingerprint += ContentIdentity.fingerprint(of: grain, at: piece.offset + UInt64(start))
            for run in found { Self.append((start + run.lowerBound)..<(start + run.upperBound), to: &runs) }
        }
        return DataRuns(runs: runs, fingerprint: fingerprint)
    }

    private static func runs(in grain: UnsafeRawBufferPointer) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for start in stride(from: 0, to: grain.count, by: blockSize) {
            let end = min(start + blockSize, grain.count)
            if !UnsafeRawBufferPointer(rebasing: grain[start..<end]).isZero { append(start..<end, to: &runs) }
        }
        return runs
    }

    private static func append(_ run: Range<Int>, to runs: inout [Range<Int>]) {
        if let last = runs.last, last.upperBound == run.lowerBound {
            runs[runs.count - 1] = last.lowerBound..<run.upperBound
        } else {
            runs.append(run)
        }
    }
}
