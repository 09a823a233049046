import LinuxOS
import Synchronization

/// Runs blocking work on a thread of its own; `check` throws there once the task is cancelled.
package func interruptible<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable (_ check: @escaping () throws -> Void) throws -> Result
) async throws -> Result {
    let isCancelled = Interruption()
    return try await withTaskCancellationHandler {
        try await onOwnThread(name) { try body(isCancelled.check) }
    } onCancel: {
        isCancelled.set()
    }
}

/// Tells a thread that the task it works for was cancelled.
private final class Interruption: Sendable {
    private let flag = Atomic(false)
    func set() { flag.store(true, ordering: .relaxed) }
    func check() throws { if flag.load(ordering: .relaxed) { throw CancellationError() } }
}
