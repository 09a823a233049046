internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A directory of mode 0700 with a unique name, gone when the build is: by `remove`, by the session's init, or by the
/// sweep of a later build.
///
/// It is known for ours, and for alive, by two things that cost its contents nothing: a `trusted.` extended attribute
/// on the directory, which only root can set, and an flock on it that this object holds and the kernel drops when the
/// process ends. Where the filesystem has no such attributes, nothing is swept.
package final class TemporaryDirectory: Sendable {
    package let path: FilePath
    private let lock: Mutex<Int32?>

    /// Creates `folder/prefixXXXXXXXX`, after removing what dead builds left under the same prefix.
    package static func create(in folder: FilePath, prefix: String) throws(SystemError) -> TemporaryDirectory {
        sweep(folder, prefix: prefix)
        let attempt = "make a temporary directory in '\(folder)'"
        guard let real = folder.withPlatformString({ realpath($0, nil) }) else {
            throw SystemError(attempt, Errno(rawValue: errno))
        }
        defer { free(real) }
        for _ in 0..<100 {
            let path = FilePath(platformString: real).appending(prefix + randomName())
            var info = stat()
            guard path.withPlatformString({ lstat($0, &info) }) != 0 else { continue }
            // Before it is there: a kill right after the call that makes it must find it known.
            try Session.register(path)
            if path.withPlatformString({ mkdir($0, 0o700) }) == 0 {
                return try TemporaryDirectory(path: path, lock: lock(path, attempt))
            }
            let code = Errno(rawValue: errno)
            try Session.forget(path)
            guard code == .fileExists else { throw SystemError(attempt, code) }
        }
        throw SystemError(attempt, .fileExists)
    }

    /// Eight characters, as upstream's: 2·10¹⁴ names, drawn from the kernel.
    private static func randomName() -> String {
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<8).compactMap { _ in characters.randomElement() })
    }

    private init(path: FilePath, lock: Int32) {
        self.path = path
        self.lock = Mutex(lock)
    }

    deinit { if let descriptor = lock.withLock({ $0 }) { close(descriptor) } }

    /// Removes the directory and all in it; refuses while something is mounted there.
    ///
    /// Twice is once.
    package func remove() throws(SystemError) {
        try TreeRemoval.remove(path)
        try Session.forget(path)
        lock.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }

    /// The lock comes before the mark: a directory that bears the mark and can be locked is dead.
    private static func lock(_ path: FilePath, _ attempt: String) throws(SystemError) -> Int32 {
        let opened = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard opened >= 0 else { throw SystemError(attempt, Errno(rawValue: errno)) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = Errno(rawValue: errno)
            close(opened)
            throw SystemError(attempt, code)
        }
        _ = ingot_mark_temporary(opened)
        return opened
    }

    /// Removes directories in `folder` that are provably ours and belong to no living process.
    ///
    /// Gives what it removed.
    @discardableResult
    package static func sweep(_ folder: FilePath, prefix: String) -> [FilePath] {
        let names = (try? FileText.entries(of: folder, prefix: prefix)) ?? []
        return names.map { folder.appending($0) }.filter(removeIfDead)
    }

    private static func removeIfDead(_ path: FilePath) -> Bool {
        let opened = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard opened >= 0 else { return false }
        defer { close(opened) }
        var info = stat()
        guard fstat(opened, &info) == 0, info.st_uid == geteuid(), info.st_mode & 0o777 == 0o700,
            ingot_is_marked_temporary(opened) == 1, flock(opened, LOCK_EX | LOCK_NB) == 0
        else { return false }
        return (try? TreeRemoval.remove(path)) != nil
    }
}
