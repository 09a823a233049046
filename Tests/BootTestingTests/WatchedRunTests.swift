import Basics
import LinuxOS
import Testing

@testable import BootTesting

/// Real processes of `sh` in the place of QEMU.
@Suite(.timeLimit(.minutes(1))) struct WatchedRunTests {
    private func run(_ script: String, limit: Duration = .seconds(20)) async throws -> WatchedRun.Ending<String> {
        let run = WatchedRun(runner: SubprocessRunner(), command: Command("sh", ["-c", script]))
        return try await run.run(limit: limit) { line, _ in line.hasPrefix("verdict") ? line : nil }
    }

    @Test func theVerdictStopsTheCommandAtOnce() async throws {
        let start = ContinuousClock.now
        guard case .decided(let line) = try await run("echo one; echo verdict 1; exec sleep 30") else {
            Issue.record("no verdict")
            return
        }
        #expect(line == "verdict 1")
        #expect(start.duration(to: .now) < .seconds(10))
    }

    @Test func aVerdictInTheLastLineCountsAlthoughTheCommandHasEnded() async throws {
        for _ in 0..<20 {
            guard case .decided("verdict x") = try await run("printf 'verdict x'") else {
                Issue.record("the last line was lost")
                return
            }
        }
    }

    @Test func aCommandThatEndsUndecidedSaysHow() async throws {
        guard case .ended(let outcome) = try await run("echo no such disk; exit 3") else {
            Issue.record("it must have ended")
            return
        }
        #expect(outcome == CommandOutcome(status: .exited(3), lastLines: ["no such disk"]))
    }

    @Test func theLimitHolds() async throws {
        guard case .timedOut = try await run("while :; do echo x; sleep 0.1; done", limit: .milliseconds(500)) else {
            Issue.record("it must have timed out")
            return
        }
    }

    @Test func cancellationEndsTheCommand() async throws {
        let task = Task { try await run("exec sleep 30") }
        try await Task.sleep(for: .milliseconds(300))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aMissingProgramIsAnError() async throws {
        let run = WatchedRun(runner: SubprocessRunner(), command: Command("/nonexistent/qemu"))
        await #expect(throws: SystemError.self) { _ = try await run.run(limit: .seconds(5)) { line, _ in line } }
    }
}
