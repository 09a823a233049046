import Basics
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.timeLimit(.minutes(2)))
    struct SubprocessRunnerTests {
        private let runner = SubprocessRunner(grace: .milliseconds(300))

        private func shell(_ script: String, input: Command.StandardInput = .null) -> Command {
            Command("sh", ["-c", script], standardInput: input)
        }

        @Test(arguments: [
            ("exit 0", CommandStatus.exited(0)), ("exit 42", .exited(42)), ("kill -TERM $$", .signaled(15)),
            ("kill -KILL $$", .signaled(9)),
        ])
        func theStatusIsExact(_ script: String, _ status: CommandStatus) async throws {
            #expect(try await runner.run(shell(script), onLine: { _ in }).status == status)
        }

        @Test func bothStreamsComeInTheOrderWritten() async throws {
            let lines = Lines()
            let outcome = try await runner.run(
                shell("for i in 1 2 3; do echo out$i; echo err$i >&2; done; printf end"), onLine: lines.add)
            let expected = ["out1", "err1", "out2", "err2", "out3", "err3", "end"]
            #expect(lines.all == expected)
            #expect(outcome == CommandOutcome(status: .exited(0), lastLines: expected))
        }

        /// A pipe would end this process by SIGPIPE, and now and then did: `git check-ignore` outside a repository.
        @Test func aCommandNeedNotReadWhatItIsGiven() async throws {
            let input = Command.StandardInput.text(String(repeating: "line\n", count: 100_000))
            for _ in 1...20 {
                let outcome = try await runner.run(shell("exit 3", input: input), onLine: { _ in })
                #expect(outcome.status == .exited(3))
            }
            let count = try await runner.output(of: shell("wc -c", input: input))
            #expect(count == "500000")
        }

        @Test func linesComeWhileTheCommandRuns() async throws {
            let lines = Lines()
            let task = Task {
                try await runner.run(shell("echo first; read x; echo $x", input: .null), onLine: lines.add)
            }
            _ = try await task.value
            #expect(lines.all == ["first", ""])
            let slow = Lines()
            let sleeping = Task { try await runner.run(shell("echo first; sleep 60"), onLine: slow.add) }
            #expect(await eventually { slow.all == ["first"] })
            sleeping.cancel()
            await #expect(throws: CancellationError.self) { try await sleeping.value }
        }

        @Test func aHundredThousandLinesPassInASecond() async throws {
            let lines = Lines()
            let start = ContinuousClock.now
            let outcome = try await runner.run(Command("seq", ["100000"]), onLine: lines.add)
            #expect(lines.all.count == 100_000)
            #expect(lines.all.last == "100000")
            #expect(outcome.lastLines == (99_981...100_000).map(String.init))
            #expect(ContinuousClock.now - start < .seconds(5))
        }

        @Test func environmentDirectoryAndInputReachTheCommand() async throws {
            let command = Command(
                "sh", ["-c", "cat; pwd; echo \"$GREETING\"; env | grep -c ^HOME="],
                environment: Environment(["PATH": "/usr/bin:/bin", "GREETING": "grüß\ngott"]), directory: "/usr/lib",
                standardInput: .text("typed\n"))
            let captured = try await runner.capture(command, limit: 100, onErrorLine: { _ in })
            #expect(captured.text == "typed\n/usr/lib\ngrüß\ngott\n0\n")
        }

        @Test func everyVariableArrivesAsItIs() async throws {
            var environment = Environment(["PATH": "/usr/bin:/bin"])
            for index in 0..<200 { environment["V\(index)"] = String(repeating: "äx", count: index % 17) }
            let captured = try await runner.capture(
                Command("env", ["-0"], environment: environment), limit: 1 << 20, onErrorLine: { _ in })
            #expect(Environment(nullSeparated: captured.standardOutput) == environment)
        }

        @Test func capturedOutputIsApartFromErrors() async throws {
            let lines = Lines()
            let captured = try await runner.capture(
                shell("printf 'a\\0b'; echo oops >&2; exit 3"), limit: 100, onErrorLine: lines.add)
            #expect(captured.standardOutput == [0x61, 0, 0x62])
            #expect(captured.outcome == CommandOutcome(status: .exited(3), lastLines: ["oops"]))
            #expect(lines.all == ["oops"])
        }

        @Test func capturingMoreThanTheLimitIsAnErrorAndEndsTheCommand() async throws {
            await #expect(throws: SystemError.self) {
                try await runner.capture(Command("yes"), limit: 1000, onErrorLine: { _ in })
            }
        }

        @Test func aDaemonThatKeepsThePipeDoesNotHoldTheRunner() async throws {
            let duration = uniqueDuration()
            let lines = Lines()
            let start = ContinuousClock.now
            let outcome = try await runner.run(
                shell("echo before; (sleep 0.1; echo late; exec sleep \(duration)) & echo after"), onLine: lines.add)
            #expect(outcome.status == .exited(0))
            #expect(lines.all == ["before", "after", "late"])
            #expect(ContinuousClock.now - start < .seconds(3))
            _ = try await runner.run(shell("kill $(pgrep -f 'sleep \(duration)')"), onLine: { _ in })
        }

        @Test func aDaemonThatNeverStopsWritingDoesNotHoldTheRunner() async throws {
            let start = ContinuousClock.now
            let outcome = try await runner.run(shell("yes & exit 5"), onLine: { _ in })
            #expect(outcome.status == .exited(5))
            #expect(ContinuousClock.now - start < .seconds(4))
        }

        @Test func cancellingEndsTheWholeGroup() async throws {
            let duration = uniqueDuration()
            let lines = Lines()
            let script = "trap '' TERM; (trap '' TERM INT HUP; sleep \(duration)) & sleep \(duration) & echo up; wait"
            let task = Task { try await runner.run(shell(script), onLine: lines.add) }
            #expect(await eventually { lines.all == ["up"] && processCount(withArgument: duration) == 2 })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(await eventually(within: .seconds(1)) { processCount(withArgument: duration) == 0 })
        }

        @Test func cancellingReachesMembersThatOutliveTheirLeader() async throws {
            let duration = uniqueDuration()
            let lines = Lines()
            let task = Task {
                try await runner.run(shell("(trap '' TERM; sleep \(duration)) & echo up; wait"), onLine: lines.add)
            }
            #expect(await eventually { lines.all == ["up"] && processCount(withArgument: duration) == 1 })
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(await eventually(within: .seconds(1)) { processCount(withArgument: duration) == 0 })
        }

        @Test(arguments: ["ingot-no-such-command", "/ingot/no/such/command"])
        func aMissingCommandIsSaidSo(_ name: String) async throws {
            let error = await #expect(throws: SystemError.self) {
                try await runner.run(Command(name), onLine: { _ in })
            }
            #expect(error?.description == "cannot run '\(name)': No such file or directory")
        }

        @Test func aMissingDirectoryIsSaidSo() async throws {
            await #expect(throws: SystemError.self) {
                try await runner.run(Command("true", directory: "/ingot/no/such"), onLine: { _ in })
            }
        }

        @Test func aCommandThatHasToSucceedFailsWithItsLastWords() async throws {
            let command = shell("echo bad luck; exit 9")
            let error = await #expect(throws: CommandFailure.self) { try await runner.check(command) }
            #expect(error == CommandFailure(command, CommandOutcome(status: .exited(9), lastLines: ["bad luck"])))
        }

        @Test func onTheTerminalTheStatusIsExactToo() async throws {
            #expect(try await runner.runOnTerminal(shell("exit 7")).status == .exited(7))
        }

        @Test func descriptorsAreNotLeaked() async throws {
            func round() async throws {
                _ = try await runner.run(shell("echo x"), onLine: { _ in })
                _ = try await runner.capture(shell("echo x; echo y >&2"), limit: 10, onErrorLine: { _ in })
                _ = try? await runner.run(Command("ingot-no-such-command"), onLine: { _ in })
                _ = try? await runner.capture(Command("/ingot-no-such-command"), limit: 1, onErrorLine: { _ in })
            }
            try await round()
            let before = openDescriptorCount()
            for _ in 0..<20 { try await round() }
            // Other suites run beside this one: a few descriptors of theirs may come and go, 20 rounds would leak 80.
            #expect(openDescriptorCount() < before + 20)
        }
    }
}
