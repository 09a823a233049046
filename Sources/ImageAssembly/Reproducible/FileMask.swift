import Foundation
import SystemPackage

/// The mask of new files (umask(2)): trees are made with the usual one, whatever the caller's is.
///
/// Else an image that a careful user builds would be one that only root can read. What is published is the caller's
/// business again.
struct FileMask: Sendable {
    /// What trees are made with.
    static let usual: mode_t = 0o022
    /// The caller's.
    let own: mode_t

    /// Takes the usual mask from here on.
    init() { own = umask(Self.usual) }

    /// The caller's mask, for files beside the tree.
    func restore() { umask(own) }

    func useUsual() { umask(Self.usual) }

    /// A file that was made with the usual mask, and is now the caller's.
    func hand(over path: FilePath) {
        guard let mode = try? path.stat().permissions else { return }
        chmod(path.string, mode.rawValue & ~own)
    }
}
