import LinuxOS
import Synchronization

/// Runs a command whose output decides how long it runs, and stops it as soon as that is known.
struct WatchedRun: Sendable {
    enum Ending<Verdict: Sendable>: Sendable {
        case decided(Verdict)
        /// The command ended by itself, undecided.
        case ended(CommandOutcome)
        case timedOut
    }

    let runner: any CommandRunner
    let command: Command

    /// `decide` gets each line with the seconds since the start and gives a verdict when there is one.
    ///
    /// When this returns, or throws, the command has ended and is reaped: the runner sees to that when its task is cancelled.
    func run<Verdict: Sendable>(
        limit: Duration, decide: @escaping @Sendable (_ line: String, _ seconds: Double) -> Verdict?
    ) async throws -> Ending<Verdict> {
        let first = FirstVerdict<Verdict>()
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Ending<Verdict>?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                let outcome = try await runner.run(command) { line in
                    if let verdict = decide(line, start.duration(to: .now) / .seconds(1)) { first.set(verdict) }
                }
                // The command's last line may have decided, and its end be seen first.
                return first.verdict.map { .decided($0) } ?? .ended(outcome)
            }
            group.addTask {
                await first.wait()
                return first.verdict.map { .decided($0) }
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return Task.isCancelled ? nil : .timedOut
            }
            while let ending = try await group.next() {
                try Task.checkCancellation()
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }
}

/// A value that is set once, and waited for by one task.
private final class FirstVerdict<Verdict: Sendable>: Sendable {
    private let value = Mutex<Verdict?>(nil)
    private let signal: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (signal, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1)) }

    var verdict: Verdict? { value.withLock { $0 } }

    func set(_ verdict: Verdict) {
        value.withLock { $0 = $0 ?? verdict }
        continuation.yield()
    }

    /// Returns when a verdict is there, or the task is cancelled.
    func wait() async { for await _ in signal { return } }
}
