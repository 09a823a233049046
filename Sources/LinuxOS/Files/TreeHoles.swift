internal import CLinux
internal import Glibc
package import SystemPackage

/// Holes where there are zeros, and nowhere else: the same whatever file system a tree was made on.
///
/// Where a program leaves holes, and where `cp` and package managers keep them, depends on the file system (block size,
/// tmpfs or disk); disks and tar archives tell holes from zeros, so that equal files would give other bytes.
package enum TreeHoles {
    /// In blocks of 4096 bytes, without crossing mounts.
    ///
    /// Does nothing where the file system has no holes.
    package static func punchZeros(in tree: FilePath) throws(SystemError) {
        var failed = [CChar](repeating: 0, count: 4096)
        let result = tree.withPlatformString { path in
            failed.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.map { ingot_punch_zeros(path, $0, buffer.count) } ?? 0
            }
        }
        guard result < 0, result != -EOPNOTSUPP else { return }
        let place = failed.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? tree }
        throw SystemError("make holes in '\(place)'", Errno(rawValue: -result))
    }
}
