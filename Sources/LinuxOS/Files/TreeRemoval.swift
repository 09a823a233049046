internal import CLinux
internal import Glibc
package import SystemPackage

/// `rm -rf` that never leaves its tree and never crosses a mount, be it a bind mount of the same filesystem.
///
/// Refuses, with their names, if anything is mounted below; the kernel refuses a second time on the way
/// (`CLinux/remove_tree.c`). Immutable files go too. What does not exist is removed.
package enum TreeRemoval {
    package static func remove(_ path: FilePath) throws(SystemError) {
        let mounts = try MountTable.load().mounts(below: path, including: true)
        if let mount = mounts.first {
            throw SystemError("remove '\(path)'", because: "'\(mount.target)' is mounted", code: .resourceBusy)
        }
        try removeUnchecked(path)
    }

    /// The walk alone, which the kernel keeps from crossing mounts.
    package static func removeUnchecked(_ path: FilePath) throws(SystemError) {
        try TreeCall.run("remove", path, ignoring: ENOENT) { ingot_remove_tree($0, $1, $2) }
    }
}
