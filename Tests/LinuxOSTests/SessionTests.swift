import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    /// The session as its user sees it: this test binary started under the name `ingot-session`, with a shell as engine.
    @Suite(.requires(.root), .timeLimit(.minutes(2)))
    struct SessionTests {
        private let runner = SubprocessRunner()

        private func run(_ script: String) async throws -> CommandOutcome {
            try await runner.run(sessionCommand(script), onLine: { _ in })
        }

        @Test(arguments: [
            ("exit 0", CommandStatus.exited(0)), ("exit 42", .exited(42)), ("kill -TERM $$", .signaled(15)),
            ("kill -KILL $$", .signaled(9)), ("/ingot-no-such", .exited(127)),
        ])
        func theEnginesEndIsTheSessionsEnd(_ script: String, _ status: CommandStatus) async throws {
            #expect(try await run(script).status == status)
        }

        @Test func theEngineIsProcessTwoOfItsOwnNamespace() async throws {
            let outcome = try await run("echo $$ $PPID; set -- /proc/[0-9]*; echo $#; readlink /proc/self/ns/mnt")
            #expect(outcome.lastLines.prefix(1) == ["2 1"])
            #expect(outcome.lastLines.dropFirst().first == "2")  // init and the shell
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/mnt")
            #expect(outcome.lastLines.last != own)
        }

        @Test func mountsOfTheSessionStayInIt() async throws {
            try await withScratchDirectory { folder in
                let outcome = try await run("mount -t tmpfs ingot \(folder) && grep -c \(folder) /proc/self/mounts")
                #expect(outcome == CommandOutcome(status: .exited(0), lastLines: ["1"]))
                #expect(try !String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).contains(folder.string))
            }
        }

        @Test func processesThatOutliveTheEngineAreKilled() async throws {
            let duration = uniqueDuration()
            let outcome = try await run("(setsid nohup sleep \(duration) >/dev/null 2>&1 &) ; sleep 0.1; exit 3")
            #expect(outcome.status == .exited(3))
            #expect(processCount(withArgument: duration) == 0)
        }

        @Test(arguments: ["TERM", "INT", "HUP", "USR1"])
        func aSignalToTheStartedProcessReachesTheEngine(_ name: String) async throws {
            let started = try await start(
                "trap 'echo got \(name); exit 7' \(name); echo up; while :; do sleep 0.05; done")
            #expect(await eventually { started.lines.all.last == "up" })
            kill(started.process, name == "TERM" ? SIGTERM : name == "INT" ? SIGINT : name == "HUP" ? SIGHUP : SIGUSR1)
            let outcome = try await started.task.value
            #expect(outcome.status == .exited(7))
            #expect(outcome.lastLines.last == "got \(name)")
        }

        @Test func killingTheStartedProcessLeavesNothing() async throws {
            let duration = uniqueDuration()
            try await withScratchDirectory { folder in
                let tree = folder.appending("dib_build.test")
                let script = """
                    mkdir -p \(tree)/mnt/etc \(tree)/deep/er && echo x > \(tree)/deep/er/file && chattr +i \(tree)/deep/er/file
                    printf '+%s\\n' \(tree) >&$INGOT_SESSION_FD
                    mount -t tmpfs ingot \(tree)/mnt && mkdir \(tree)/mnt/inner && mount --bind /etc \(tree)/mnt/inner
                    truncate -s 64M \(tree)/disk && mkfs.ext4 -q \(tree)/disk && mkdir \(tree)/disk.mnt
                    mount -o loop \(tree)/disk \(tree)/disk.mnt
                    (trap '' TERM HUP INT; cd \(tree)/disk.mnt; setsid sleep \(duration)) & sleep \(duration) &
                    echo up; wait
                    """
                let loopsBefore = try loops()
                let started = try await start(script)
                #expect(
                    await eventually { started.lines.all.last == "up" && processCount(withArgument: duration) == 2 })
                #expect(try loops().contains { $0.contains("dib_build.test") })
                kill(started.process, SIGKILL)
                let gone = try await eventually(within: .seconds(1)) {
                    try processCount(withArgument: duration) == 0 && loops() == loopsBefore
                        && !FileManager.default.fileExists(atPath: tree.string)
                }
                #expect(gone)
                #expect(FileManager.default.fileExists(atPath: "/etc/passwd"))
                #expect(try await started.task.value.status == .signaled(9))
            }
        }

        @Test func anEngineThatDiesLeavesNoTree() async throws {
            try await withScratchDirectory { folder in
                let outcome = try await run(
                    """
                    mkdir \(folder)/kept \(folder)/lost \(folder)/back; echo x > \(folder)/file
                    printf '+%s/kept\\n+%s/lost\\n+%s/file\\n' \(folder) \(folder) \(folder) >&$INGOT_SESSION_FD
                    printf -- '-%s/kept\\n' \(folder) >&$INGOT_SESSION_FD; kill -SEGV $$
                    """)
                #expect(outcome.status == .signaled(SIGSEGV))
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted() == ["back", "kept"])
            }
        }

        @Test func killingTheWholeProcessGroupLeavesNothing() async throws {
            let duration = uniqueDuration()
            try await withScratchDirectory { folder in
                let started = try await start(
                    """
                    mkdir \(folder)/tree; printf '+%s\\n' \(folder)/tree >&$INGOT_SESSION_FD
                    mount -t tmpfs ingot \(folder)/tree; setsid sleep \(duration) & echo up; wait
                    """)
                #expect(
                    await eventually { started.lines.all.last == "up" && processCount(withArgument: duration) == 1 })
                kill(-started.process, SIGKILL)
                let gone = try await eventually(within: .seconds(1)) {
                    try processCount(withArgument: duration) == 0
                        && FileManager.default.contentsOfDirectory(atPath: folder.string).isEmpty
                }
                #expect(gone)
                #expect(try await started.task.value.status == .signaled(9))
            }
        }

        /// On a terminal, Ctrl-C reaches the engine once; also after a command had the terminal for itself.
        @Test(.requires(.tool("python3"))) func theTerminalWorksBeforeAndAfterACommandThatTakesIt() async throws {
            let driver = #"""
                import os, pty, select, sys, time
                engine = r"""
                trap 'echo interrupted' INT
                echo ready
                while read line; do
                    [ $line = take ] && python3 -c "$TAKE" && echo '!' >&$INGOT_SESSION_FD && sleep 0.5
                    echo "read $line"
                done
                """
                os.environ["TAKE"] = """if True:
                    import os, signal
                    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                    os.setpgid(0, 0)
                    os.tcsetpgrp(0, os.getpid())"""
                child, terminal = pty.fork()
                if child == 0:
                    os.execv(sys.argv[1], ["ingot-session", "--", "ingot-hook", "--", "/bin/bash", "-c", engine])
                seen = b""
                def expect(text):
                    global seen
                    deadline = time.time() + 10
                    while text not in seen and time.time() < deadline:
                        if select.select([terminal], [], [], 0.1)[0]: seen += os.read(terminal, 1000)
                    print(text.decode(), seen.count(text))
                    seen = b""
                expect(b"ready")
                for word in [b"one", b"take", b"two"]:
                    time.sleep(0.3)  # bash must be in its read by now: a signal just before it waits for the next line
                    os.write(terminal, b"\x03")
                    expect(b"interrupted")
                    os.write(terminal, word + b"\n")
                    expect(b"read " + word)
                os.kill(child, 9)
                """#
            let result = try runTool("python3", ["-c", driver, testBinary])
            let expected = [
                "ready", "interrupted", "read one", "interrupted", "read take", "interrupted", "read two",
            ]
            #expect(result.output == expected.map { $0 + " 1\n" }.joined())
        }

        @Test func aSessionInsideASessionWorks() async throws {
            let inner = "\(testBinary)"
            let outcome = try await run(
                "bash -c 'exec -a ingot-session \(inner) -- ingot-hook -- /bin/sh -c \"echo pid \\$\\$; exit 5\"'")
            #expect(outcome == CommandOutcome(status: .exited(5), lastLines: ["pid 2"]))
        }

        @Test func outsideASessionRegistrationDoesNothing() throws {
            #expect(!Session.isInside)
            try Session.register("/tmp/ingot-not-there")
        }

        private struct Started {
            let process: pid_t
            let lines: Lines
            let task: Task<CommandOutcome, any Error>
        }

        /// Starts a session and gives the number of the process that a user would have started.
        private func start(_ script: String) async throws -> Started {
            let lines = Lines()
            let launch = "echo $$; exec -a ingot-session \"$0\" -- ingot-hook -- /bin/sh -c \"$1\""
            let task = Task {
                try await runner.run(Command("bash", ["-c", launch, testBinary, script]), onLine: lines.add)
            }
            _ = await eventually { !lines.all.isEmpty }
            return Started(process: try #require(lines.all.first.flatMap { pid_t($0) }), lines: lines, task: task)
        }

        private func loops() throws -> [String] {
            try runTool("losetup", ["-a"]).output.split(separator: "\n").map(String.init).sorted()
        }
    }
}
