import LinuxOS

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
        let (verdicts, decided) = AsyncStream.makeStream(of: Verdict.self, bufferingPolicy: .bufferingOldest(1))
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Ending<Verdict>?.self) { group in
            group.addTask {
                do {
                    let outcome = try await runner.run(command) { line in
                        let verdict = decide(line, start.duration(to: .now) / .seconds(1))
                        if let verdict { decided.yield(verdict) }
                    }
                    return .ended(outcome)
                } catch is CancellationError { return nil }
            }
            group.addTask { await verdicts.first { _ in true }.map { .decided($0) } }
            group.addTask {
                try? await Task.sleep(for: limit)
                return Task.isCancelled ? nil : .timedOut
            }
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                try Task.checkCancellation()
                if case .ended = ending, let verdict = await Self.last(verdicts, decided) { return .decided(verdict) }
                if let ending { return ending }
            }
            throw CancellationError()
        }
    }

    /// A verdict of the command's last line may come after the command's end.
    private static func last<Verdict>(
        _ verdicts: AsyncStream<Verdict>, _ decided: AsyncStream<Verdict>.Continuation
    ) async -> Verdict? {
        decided.finish()
        return await verdicts.first { _ in true }
    }
}
