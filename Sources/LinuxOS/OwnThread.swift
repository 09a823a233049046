internal import Dispatch

/// Runs blocking work on a thread of its own: the concurrency pool is only as wide as the machine has cores, and a
/// blocked thread there stalls every other task.
package func onOwnThread<Result: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
        DispatchQueue(label: "ingot.\(name)").async {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
