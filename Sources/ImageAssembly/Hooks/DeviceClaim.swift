import Synchronization

/// Whether a hook of the block-device phase has named a disk of its own: a line with `IMAGE_BLOCK_DEVICE=`.
///
/// Upstream then makes no disk, and can never finish (wart 13.21: the image's path is unknown); here it is refused.
final class DeviceClaim: Sendable {
    private let line = Mutex<String?>(nil)

    func note(_ text: String) {
        guard text.contains("IMAGE_BLOCK_DEVICE=") else { return }
        line.withLock { $0 = $0 ?? text }
    }

    /// The first line that makes the claim.
    var claimingLine: String? { line.withLock { $0 } }
}
