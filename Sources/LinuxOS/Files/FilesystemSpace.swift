package import Basics
internal import Glibc
package import SystemPackage

/// Room on a filesystem, from statvfs(3).
package struct FilesystemSpace: Hashable, Sendable {
    package let total: ByteCount
    /// What root may use.
    package let free: ByteCount
    /// What everybody may use.
    package let available: ByteCount
    package let inodes: UInt64
    package let freeInodes: UInt64

    package static func of(_ path: FilePath) throws(SystemError) -> FilesystemSpace {
        var info = statvfs()
        guard path.withPlatformString({ statvfs($0, &info) }) == 0 else {
            throw SystemError("measure the filesystem of '\(path)'", Errno(rawValue: errno))
        }
        let unit = UInt64(info.f_frsize)
        return FilesystemSpace(
            total: ByteCount(UInt64(info.f_blocks) * unit), free: ByteCount(UInt64(info.f_bfree) * unit),
            available: ByteCount(UInt64(info.f_bavail) * unit), inodes: UInt64(info.f_files),
            freeInodes: UInt64(info.f_ffree))
    }
}
