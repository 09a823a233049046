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
        try TreeCall.run("make holes in", tree, ignoring: EOPNOTSUPP) { ingot_punch_zeros($0, $1, $2) }
    }
}
