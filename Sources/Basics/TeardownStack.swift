/// Several releases failed; each entry names the release and its error.
package struct TeardownFailure: Error, CustomStringConvertible {
    package let failures: [(what: String, error: any Error)]
    package var description: String {
        failures.map { "cannot \($0.what): \($0.error)" }.joined(separator: "; ")
    }
}

/// Undo actions in the order of acquisition, run last-in first-out.
///
/// Whoever acquires registers the release in the next line. Every action runs even if another fails, and they run in a
/// fresh task, so a cancelled build still releases what it holds.
package actor TeardownStack {
    private var actions: [(what: String, run: @Sendable () async throws -> Void)] = []

    package init() {}

    /// Registers a release; `what` completes the sentence "cannot …" (for example `detach /dev/loop3`).
    package func push(_ what: String, _ action: @escaping @Sendable () async throws -> Void) {
        actions.append((what, action))
    }

    /// Runs and forgets every registered release; throws one error that lists all failures.
    package func unwind() async throws {
        let pending = actions
        actions = []
        let failures = await Task.detached {
            var failures: [(what: String, error: any Error)] = []
            for action in pending.reversed() {
                do { try await action.run() } catch { failures.append((action.what, error)) }
            }
            return failures
        }.value
        if !failures.isEmpty { throw TeardownFailure(failures: failures) }
    }
}

/// Runs `body` with a teardown stack and unwinds it on every way out.
///
/// If the body fails, its error is the one thrown: a failing release must not hide the reason.
package func withTeardown<Result: Sendable>(
    _ body: @Sendable (TeardownStack) async throws -> Result
) async throws -> Result {
    let stack = TeardownStack()
    do {
        let result = try await body(stack)
        try await stack.unwind()
        return result
    } catch {
        try? await stack.unwind()
        throw error
    }
}
