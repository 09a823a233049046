import Glibc

/// Runs `worker` on threads of its own while `body` runs on the caller's, and joins them on every way out.
///
/// Compression and hashing keep a core busy for seconds; on the cooperative pool, which is as wide as the machine, that
/// would hold up every task of the program. `stop` must make all workers return; it runs before they are joined.
/// If the kernel grants fewer threads than `count`, those it grants do the work, if they are not fewer than `minimum`.
package func withWorkerThreads<Result>(
    _ count: Int, minimum: Int = 1, worker: @escaping @Sendable (_ index: Int) -> Void, stop: () -> Void,
    body: () throws -> Result
) throws -> Result {
    var threads: [pthread_t] = []
    defer {
        stop()
        for thread in threads { pthread_join(thread, nil) }
    }
    for index in 0..<count {
        switch start({ worker(index) }) {
        case .success(let thread): threads.append(thread)
        case .failure(let error):
            if threads.count < minimum { throw error }
        }
    }
    return try body()
}

/// Processors that are switched on; 1 if the kernel does not say.
package func availableProcessorCount() -> Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

/// What a new thread is handed: a C entry point takes one pointer.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func start(_ body: @escaping @Sendable () -> Void) -> Result<pthread_t, DiskFormatError> {
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(ThreadBody(body))
    let status = pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
            return nil
        }, retained.toOpaque())
    if status == 0 { return .success(thread) }
    retained.release()
    let reason = String(cString: strerror(status))
    return .failure(DiskFormatError(.system, "start a thread", reason))
}
