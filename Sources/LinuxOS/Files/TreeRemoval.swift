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
        var failed = [CChar](repeating: 0, count: 4096)
        let result = path.withPlatformString { path in
            failed.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.map { ingot_remove_tree(path, $0, buffer.count) } ?? 0
            }
        }
        guard result < 0, result != -ENOENT else { return }
        let place = failed.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? path }
        throw SystemError("remove '\(place)'", Errno(rawValue: -result))
    }
}
