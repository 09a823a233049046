internal import Glibc
internal import Synchronization
package import SystemPackage

/// An flock(2) on a file that is made if missing: caches shared by builds are changed by one at a time.
///
/// The kernel drops it when the process ends, whatever the reason. The file stays: removing it would let two holders
/// lock two files of one name.
package final class FileLock: Sendable {
    package let path: FilePath
    private let descriptor: Mutex<Int32?>

    /// Waits for the lock for `patience`; `onWait` is called once if another has it at first.
    package static func acquire(
        _ path: FilePath, shared: Bool = false, patience: Duration, onWait: @Sendable () -> Void = {}
    ) async throws -> FileLock {
        let attempt = "lock '\(path)'"
        let opened = path.withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644) }
        guard opened >= 0 else { throw SystemError(attempt, Errno(rawValue: errno)) }
        let lock = FileLock(path: path, descriptor: opened)
        let deadline = ContinuousClock.now + patience
        var hasWaited = false
        while flock(opened, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 {
            let code = Errno(rawValue: errno)
            guard code == .wouldBlock || code == .interrupted else { throw SystemError(attempt, code) }
            guard ContinuousClock.now < deadline else {
                throw SystemError(attempt, because: "another process has held it for \(patience)", code: .wouldBlock)
            }
            if !hasWaited { onWait() }
            hasWaited = true
            try await Task.sleep(for: .milliseconds(20))
        }
        return lock
    }

    private init(path: FilePath, descriptor: Int32) {
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    package func release() {
        descriptor.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
    }
}
