import Synchronization

/// Lets two outputs of a pass have the same clusters compressed once: qcow2 and stream-optimised VMDK hold the same deflate
/// data in different frames.
///
/// The pass has a piece encoded for all its outputs by one thread, one output after the other: the first leaves here what
/// the second takes.
final class EncodingMemo: Sendable {
    private let ready = Mutex<[UInt64: EncodedClusters]>([:])

    /// The clusters of the piece at this offset: what the other output left, or what `make` gives, left for the other.
    func clusters(ofPieceAt offset: UInt64, make: () throws -> EncodedClusters) rethrows -> EncodedClusters {
        if let found = ready.withLock({ $0.removeValue(forKey: offset) }) { return found }
        let made = try make()
        ready.withLock { $0[offset] = made }
        return made
    }
}
