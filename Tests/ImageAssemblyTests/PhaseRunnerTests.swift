import Basics
import Elements
import ImagePlanning
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// Hooks of host phases, run for real: bash sources `environment.d`, scripts of a scratch tree are the hooks.
@Suite(.timeLimit(.minutes(2))) struct PhaseRunnerTests {
    /// The events of a phase, and what it failed with.
    private func run(
        _ root: FilePath, _ phase: HookPhase = .extraData, environment: [String: String] = [:],
        origins: HookOrigins = HookOrigins()
    ) async throws -> (log: EventLog, error: AssemblyError?) {
        let log = EventLog()
        let workspace = BuildWorkspace(buildDirectory: root, imageDirectory: root.appending("image"))
        let common = Environment(["PATH": "/usr/bin:/bin", "PS4": "+ "].merging(environment) { $1 })
        let runner = PhaseRunner(
            phase: phase, workspace: workspace, origins: origins,
            environment: HookEnvironment(common: common, mountPath: root.appending("mnt").string),
            suppressesSync: false, runner: SubprocessRunner(), monitor: log)
        do {
            try await runner.run()
        } catch let error as AssemblyError {
            return (log, error)
        }
        return (log, nil)
    }

    private func hook(_ text: String) -> String { "#!/bin/bash\n" + text + "\n" }

    @Test func aPhaseIsToldEventByEvent() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "elements/alpha/extra-data.d/10-first": hook("echo out; echo err >&2; echo \"A=$A\""),
                    "elements/beta/extra-data.d/9-early": hook("echo early"),
                    "elements/beta/extra-data.d/100-late": hook("printf 'no newline'"),
                ], below: root, executable: true)
            try write(
                [
                    "elements/alpha/environment.d/10-a": "export A=1\necho 'said by environment.d'\n",
                    "elements/beta/extra-data.d/README.rst": "data",
                ], below: root)
            let plan = try stagingPlan(root.appending("elements"))
            let stager = HookStager(plan: plan, destination: root.appending("hooks"), runner: SubprocessRunner()) { _ in
            }
            try await stager.run()
            let (log, error) = try await run(root, origins: plan.origins)
            #expect(error == nil)
            let lines = log.lines.map { $0.replacing(root.string, with: "/b") }
            try expectGolden(lines.joined(separator: "\n") + "\n", "phase-events.txt")
        }
    }

    @Test func aHookThatBringsADiskOfItsOwnIsRefused() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "hooks/block-device.d/10-own": hook("echo IMAGE_BLOCK_DEVICE=/dev/sdz"),
                    "hooks/block-device.d/20-b": hook(""),
                ],
                below: root, executable: true)
            let (_, error) = try await run(root, .blockDevice)
            #expect(error?.exitStatus == 1)
            #expect(error?.message.contains("'block-device.d/10-own'") == true)
            #expect(error?.lastLines == ["IMAGE_BLOCK_DEVICE=/dev/sdz"])
        }
    }

    @Test func aFailingHookEndsThePhaseAndIsNamed() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "elements/alpha/root.d/10-works": hook("echo fine"),
                    "elements/beta/root.d/20-breaks": hook("echo one; echo two >&2; exit 42"),
                    "elements/alpha/root.d/30-never": hook("echo never"),
                ], below: root, executable: true)
            let plan = try stagingPlan(root.appending("elements"))
            let stager = HookStager(plan: plan, destination: root.appending("hooks"), runner: SubprocessRunner()) { _ in
            }
            try await stager.run()
            let (log, error) = try await run(root, .root, origins: plan.origins)
            let identity = HookIdentity(element: "beta", phase: .root, name: "20-breaks")
            #expect(error?.kind == .hookFailed(identity, status: 42))
            #expect(error?.message == "hook 'root.d/20-breaks' of element 'beta' failed (exit status 42)")
            #expect(error?.lastLines == ["one", "two"])
            #expect(error?.exitStatus == 42)
            #expect(log.lines.last == "hook finished: beta root/20-breaks, status 42")
            #expect(!log.hookLines.contains("never"))
        }
    }

    @Test(arguments: [(HookPhase.blockDevice, Int32(1)), (.preFinalise, 7)])
    func failuresOfTheBlockDevicePhaseAreStatus1(phase: HookPhase, status: Int32) async throws {
        try await withScratchDirectory { root in
            try write(["hooks/\(phase.directoryName)/10-x": hook("exit 7")], below: root, executable: true)
            #expect(try await run(root, phase).error?.exitStatus == status)
        }
    }

    @Test func aHookKilledBySignalHasTheShellsStatus() async throws {
        try await withScratchDirectory { root in
            try write(["hooks/root.d/10-x": hook("kill -9 $$")], below: root, executable: true)
            #expect(try await run(root, .root).error?.exitStatus == 137)
        }
    }

    @Test func aPhaseWithoutDirectoryHasNoHooks() async throws {
        try await withScratchDirectory { root in
            try write(["hooks/environment.d/10-x": "exit 1"], below: root)
            let (log, error) = try await run(root)
            #expect(error == nil && log.lines == [])
        }
    }

    // MARK: environment.d

    /// What a hook sees of `show` after these files have been sourced.
    private func sourced(
        _ files: KeyValuePairs<String, String>, showing show: String, environment: [String: String] = [:]
    ) async throws -> (shown: [String], error: AssemblyError?) {
        try await withScratchDirectory { root in
            let paths = files.map { ("hooks/environment.d/\($0.key)", $0.value) }
            for (path, text) in paths { try write([path: text], below: root) }
            try write(["hooks/extra-data.d/10-show": hook(show)], below: root, executable: true)
            let (log, error) = try await run(root, environment: environment)
            return (log.hookLines.map { $0.replacing(root.string, with: "/b") }, error)
        }
    }

    @Test func filesAreSourcedInByteOrderOfTheirNames() async throws {
        let add = { (name: String) in "export ORDER=\"${ORDER:-} \(name)\"\n" }
        let result = try await sourced(
            [
                "foo.bash": add("foo"), "9-a": add("9"), "100-c": add("100"), "10-b": add("10"), "bad name": add("bad"),
                ".hid": add(".hid"), "11~": add("tilde"),
            ],
            showing: "echo $ORDER")
        #expect(result.shown == [".hid 10 100 9 foo"])
        #expect(result.error == nil)
    }

    @Test func theFilesShareOneShell() async throws {
        let result = try await sourced(
            [
                "10-a": "LIST=(one 'two words')\nplain=hidden\nshopt -s nullglob\nhelper() { echo \"$1!\"; }\n",
                "20-b": "LIST+=(three)\nexport COUNT=${#LIST[@]} SECOND=${LIST[1]} HELPED=$(helper x)\n",
                "30-c": "export GONE=1\nreturn 0\nexport GONE=2\n", "40-d": "export LAST=$GONE\n",
            ],
            showing: "echo \"$COUNT|$SECOND|$HELPED|$LAST|${plain:-}\"")
        #expect(result.shown == ["3|two words|x!|1|"])
    }

    @Test func aFileKnowsItsOwnPathAndThePhasesVariables() async throws {
        let result = try await sourced(
            ["10-a.bash": "export ME=${BASH_SOURCE[0]} ZERO=$0 FROM=$CALLER ARGUMENTS=$#\n"],
            showing: "echo \"$ME|$ZERO|$FROM|$ARGUMENTS\"", environment: ["CALLER": "me"])
        #expect(result.shown == ["/b/hooks/environment.d/10-a.bash|dib-run-parts|me|0"])
    }

    @Test func valuesKeepEveryByteAndFunctionsAreExported() async throws {
        let result = try await sourced(
            ["10-a": "export TEXT=$'one\\ntwo\\t= \"x\" \\'y\\' '\nf() { echo called; }\nexport -f f\necho noise\n"],
            showing: "printf '%q\\n' \"$TEXT\"; f")
        #expect(result.shown == ["$'one\\ntwo\\t= \"x\" \\'y\\' '", "called"])
    }

    struct Failure: CustomTestStringConvertible, Sendable {
        let text: String
        let status: Int32
        var testDescription: String { text }
    }

    @Test(
        "a file that fails fails the phase with its status",
        arguments: [
            Failure(text: "exit 9", status: 9), Failure(text: "false", status: 1),
            Failure(text: "export X=$NO_SUCH_VARIABLE", status: 1), Failure(text: "false | true", status: 1),
            Failure(text: "return 3", status: 3), Failure(text: "no-such-command", status: 127),
            Failure(text: "if then", status: 2),
        ])
    func failures(failure: Failure) async throws {
        let result = try await sourced(["10-a": failure.text + "\n", "20-b": ""], showing: "echo ran")
        #expect(result.shown == [])
        #expect(result.error?.kind == .environmentFailed(.extraData, status: failure.status))
        #expect(result.error?.exitStatus == failure.status)
        #expect(result.error?.hint == "the last file named 'Sourcing environment file' above is the one that failed")
    }

    /// Upstream then runs no hook of the phase and calls it a success.
    @Test func aFileThatLeavesWithSuccessFailsThePhaseToo() async throws {
        let result = try await sourced(["10-a": "exit 0\n"], showing: "echo ran")
        #expect(result.shown == [])
        #expect(result.error?.message == "environment.d left with 'exit 0' before the extra-data hooks")
        #expect(result.error?.exitStatus == 1)
    }

    // MARK: which files are hooks

    @Test(
        arguments: [
            (nil, ["05_plain", "10-a", "20-b"]), ("", ["05_plain", "10-a", "20-b"]), ("^1", ["10-a", "10-a.sh"]),
            ("\\.sh$", ["10-a.sh"]),
        ] as [(String?, [String])])
    func aPatternChoosesHooks(pattern: String?, expected: [String]) async throws {
        try await withScratchDirectory { root in
            for name in ["10-a", "10-a.sh", "05_plain", "20-b"] {
                try write(["hooks/root.d/\(name)": hook("echo ${0##*/}")], below: root, executable: true)
            }
            try write(
                ["hooks/root.d/15-data": "not executable", "hooks/root.d/16-dangling": "-> nowhere"], below: root)
            let environment = pattern.map { ["RUN_PARTS_REGEX": $0] } ?? [:]
            let (log, error) = try await run(root, .root, environment: environment)
            #expect(error == nil && log.hookLines == expected)
        }
    }

    @Test func aBrokenPatternIsAnError() async throws {
        try await withScratchDirectory { root in
            try write(["hooks/root.d/10-a": hook("")], below: root, executable: true)
            await #expect(throws: ElementError.self) {
                try await run(root, .root, environment: ["RUN_PARTS_REGEX": "("])
            }
        }
    }

    @Test func aHookMayAddHooksToLaterPhasesButNotItsOwn() async throws {
        try await withScratchDirectory { root in
            let adds = "for p in root extra-data; do cp \"$0\" \"${0%/*}/../$p.d/20-added\"; done"
            try write(
                [
                    "hooks/root.d/10-adds": hook("echo ${0##*/}; [ ${0##*/} = 20-added ] || { \(adds); }"),
                    "hooks/extra-data.d/05-own": hook("echo own"),
                ], below: root, executable: true)
            #expect(try await run(root, .root).log.hookLines == ["10-adds"])
            let later = try await run(root, .extraData).log
            #expect(later.hookLines == ["own", "20-added"])
            let added = HookIdentity(element: ElementName.build.text, phase: .extraData, name: "20-added")
            #expect(later.lines.contains("hook started: \(added)"))
        }
    }
}
