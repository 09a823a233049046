import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import TestSupport
import Testing

@testable import Commands

@Suite struct HostProbeTests {
    private let environment = Environment(ProcessInfo.processInfo.environment)

    private var needs: HostNeeds {
        HostNeeds(
            tools: [HostNeeds.Tool("bash", "no-such-tool-anywhere", to: "x"), HostNeeds.Tool("mkfs.ext4", to: "y")],
            libraries: ["libc.so.6": "x", "libnone.so.0": "y"], filesystems: ["ext4", "no-such-filesystem"],
            space: [
                HostNeeds.Space(directory: "/tmp", bytes: .zero, content: "a"),
                HostNeeds.Space(directory: "/tmp/not/there/yet", bytes: .zero, content: "b"),
                HostNeeds.Space(directory: "relative/path", bytes: .zero, content: "c"),
                HostNeeds.Space(directory: "/proc/version/x", bytes: .zero, content: "d"),
            ], boots: true)
    }

    private func line(_ tool: String, _ arguments: String...) throws -> String {
        try runTool(tool, arguments).output.split(separator: "\n").first.map(String.init) ?? ""
    }

    @Test func factsAreWhatTheSystemsOwnToolsSay() throws {
        let facts = HostProbe(environment: environment).facts(for: needs)
        #expect(facts.kernelRelease == (try line("uname", "-r")))
        #expect(facts.machine == (try line("uname", "-m")))
        #expect("\(facts.effectiveUserID)" == (try line("id", "-u")))
        #expect(facts.distribution.identifier == (try line("sh", "-c", ". /etc/os-release; echo $ID")))
        #expect(facts.tools["bash"] == (try line("sh", "-c", "command -v bash")))
        #expect(facts.tools["no-such-tool-anywhere"] == nil)
        #expect(facts.libraries == ["libc.so.6"])
        #expect(!facts.filesystems.contains("no-such-filesystem"))
        #expect(facts.memoryAvailable <= facts.memoryTotal && facts.memoryTotal > .zero)
    }

    @Test func freeSpaceIsThatOfTheDiskADirectoryIsOrWillBeOn() throws {
        let facts = HostProbe(environment: environment).facts(for: needs)
        let free = try #require(UInt64(try line("sh", "-c", "df -B1 --output=avail /tmp | tail -n 1 | tr -d ' '")))
        let found = try #require(facts.freeSpace["/tmp"])
        // Others write meanwhile.
        #expect(found.bytes / (1 << 30) <= free / (1 << 30) + 1 && free / (1 << 30) <= found.bytes / (1 << 30) + 1)
        #expect(facts.freeSpace["/tmp/not/there/yet"] != nil && facts.freeSpace["relative/path"] != nil)
        #expect(facts.freeSpace["/proc/version/x"] == nil)
    }

    @Test("root on a real machine has the abilities of a build", .requires(.root, .loopDevices))
    func abilitiesAreFoundByTrying() {
        let facts = HostProbe(environment: environment).facts(for: needs)
        #expect(facts.hasLoopControl && facts.hasNamespaces && facts.filesystems.contains("ext4"))
    }

    /// A runner that answers as told and remembers what it was asked.
    private struct AnsweringRunner: CommandRunner {
        let status: Int32
        let output: String
        var lastLines: [String] = []

        func run(_ command: Command, onLine: @escaping @Sendable (String) -> Void) async throws
            -> LinuxOS.CommandOutcome
        {
            LinuxOS.CommandOutcome(status: .exited(status))
        }

        func capture(
            _ command: Command, limit: Int, onErrorLine: @escaping @Sendable (String) -> Void
        ) async throws -> CapturedOutput {
            #expect(command.arguments.contains("--head") && command.arguments.last == "http://mirror")
            return CapturedOutput(
                outcome: LinuxOS.CommandOutcome(status: .exited(status), lastLines: lastLines),
                standardOutput: Array(output.utf8))
        }

        func runOnTerminal(_ command: Command) async throws -> LinuxOS.CommandOutcome {
            LinuxOS.CommandOutcome(status: .exited(status))
        }
    }

    @Test(
        "a mirror is judged by curl's answer",
        arguments: [
            (0, "200", [], HostCheck.Status.ok, "'http://mirror' answers"),
            (0, "403", [], .ok, "'http://mirror' answers"),
            (0, "503", [], .warning, "'http://mirror' answers with status 503"),
            (
                6, "000", ["curl: (6) Could not resolve host"], .missing,
                "'http://mirror' cannot be reached: curl: (6) Could not resolve host"
            ),
            (28, "000", [], .missing, "'http://mirror' cannot be reached: curl ended with exit status 28"),
        ] as [(Int32, String, [String], HostCheck.Status, String)])
    func mirror(status: Int32, answer: String, lines: [String], expected: HostCheck.Status, detail: String) async {
        let runner = AnsweringRunner(status: status, output: answer, lastLines: lines)
        let check = await HostProbe.mirrorCheck("http://mirror", runner: runner, environment: environment)
        #expect([check.status.rawValue, check.detail] == [expected.rawValue, detail])
    }
}
