package import Basics
internal import CLinux
internal import Glibc
package import SystemPackage

/// What is done to a mounted filesystem before it is unmounted for good.
package enum MountedFilesystem {
    /// Writes everything that is cached for it: the one real sync after a build whose hooks could not sync.
    package static func synchronise(_ path: FilePath) throws(SystemError) {
        try check(path.withPlatformString { ingot_sync_filesystem($0) }, "write the filesystem of '\(path)'")
    }

    /// Discards its unused blocks, so that they become holes of the image file.
    ///
    /// Nil if the filesystem or the device cannot do that, which leaves the image right, only larger.
    package static func trim(_ path: FilePath) throws(SystemError) -> ByteCount? {
        var bytes: UInt64 = 0
        let result = path.withPlatformString { ingot_trim_filesystem($0, &bytes) }
        if result == -EOPNOTSUPP || result == -ENOTTY { return nil }
        try check(result, "trim the filesystem of '\(path)'")
        return ByteCount(bytes)
    }
}
