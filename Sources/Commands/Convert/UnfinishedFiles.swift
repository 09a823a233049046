import DiskFormats
import LinuxOS
import Synchronization
import SystemPackage

/// The hidden files that this process is writing, which are removed if a signal ends it.
///
/// A build has its session for that; a command that only writes files does without one. Against SIGKILL there is no
/// remedy: then a file named `.NAME.PID.partial` stays, and nothing under the output's own name.
enum UnfinishedFiles {
    private static let paths = Mutex<Set<FilePath>>([])
    /// Catches SIGINT, SIGTERM and SIGHUP from the first use on, once for the process.
    private static let watcher: Task<Void, Never>? = (try? SignalStream.signals()).map { signals in
        Task.detached {
            for await signal in signals {
                for path in paths.withLock({ $0 }) { removeFile(path) }
                SignalStream.die(by: signal)
            }
        }
    }

    /// Runs `body`, which writes these files; if a signal comes meanwhile, they are removed and the process ends by it.
    static func removingWhenInterrupted<Result>(_ files: [FilePath], _ body: () throws -> Result) rethrows -> Result {
        _ = watcher
        paths.withLock { $0.formUnion(files) }
        defer { paths.withLock { $0.subtract(files) } }
        return try body()
    }
}
