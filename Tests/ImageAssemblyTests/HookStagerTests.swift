import Elements
import LinuxOS
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

@Suite struct HookStagerTests {
    private func stage(_ root: FilePath, _ runner: any CommandRunner) async throws -> [String] {
        let said = Mutex<[String]>([])
        let stager = HookStager(
            plan: try stagingPlan(root.appending("elements")), destination: root.appending("hooks"), runner: runner
        ) { line in said.withLock { $0.append(line) } }
        try await stager.run()
        return said.withLock { $0 }.map { $0.replacing(root.string, with: "ROOT") }
    }

    @Test func eachDirectoryOfEachElementIsCopiedAtOnce() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "elements/b/install.d/20-b": "", "elements/b/pkg-map": "", "elements/b/tests/t": "",
                    "elements/a/install.d/10-a": "", "elements/a/install.d/15-a": "", "elements/a/root.d/01-a": "",
                    "elements/a/README.rst": "", "elements/a/empty.d/.hidden": "",
                ], below: root)
            let runner = RecordingRunner()
            let said = try await stage(root, runner)
            #expect(
                runner.lines.map { $0.replacing(root.string, with: "ROOT") } == [
                    "cp -a --remove-destination -t ROOT/hooks -- ROOT/elements/a/README.rst",
                    "cp -a --remove-destination -t ROOT/hooks/install.d -- ROOT/elements/a/install.d/10-a "
                        + "ROOT/elements/a/install.d/15-a",
                    "cp -a --remove-destination -t ROOT/hooks/root.d -- ROOT/elements/a/root.d/01-a",
                    "cp -a --remove-destination -t ROOT/hooks -- ROOT/elements/b/pkg-map",
                    "cp -a --remove-destination -t ROOT/hooks/install.d -- ROOT/elements/b/install.d/20-b",
                ])
            #expect(
                said == [
                    "Copying hooks for a", "Copying hooks ROOT/elements/a/install.d/10-a",
                    "Copying hooks ROOT/elements/a/install.d/15-a", "Copying hooks ROOT/elements/a/root.d/01-a",
                    "Copying hooks for b", "Copying hooks ROOT/elements/b/install.d/20-b",
                ])
            #expect(try names(in: root.appending("hooks")) == ["empty.d", "install.d", "root.d"])
        }
    }

    @Test func theStagedTreeIsWhatTheElementsHold() async throws {
        try await withScratchDirectory { root in
            try write(["elements/a/install.d/10-a": "echo a"], below: root, executable: true)
            try write(
                [
                    "elements/a/install.d/data.txt": "d", "elements/a/install.d/11-link": "-> 10-a",
                    "elements/a/bin/sub/x": "from a", "elements/b/bin/sub/y": "from b", "elements/a/odd/ -n": "odd",
                ],
                below: root)
            _ = try await stage(root, SubprocessRunner())
            let hooks = root.appending("hooks")
            #expect(try names(in: hooks.appending("install.d")) == ["10-a", "11-link", "data.txt"])
            #expect(target(hooks.appending("install.d/11-link")) == "10-a")
            #expect(try names(in: hooks.appending("bin/sub")) == ["x", "y"])
            #expect(text(hooks.appending("odd/ -n")) == "odd")
            #expect(try runTool("stat", ["-c", "%a", hooks.appending("install.d/10-a").string]).output == "755\n")
        }
    }

    /// `cp` would write through a link that an element before it has staged: onto a file of the build host.
    @Test func aFileReplacesALinkAndNotWhatItPointsAt() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "shared": "precious", "elements/a/pkg-map": "-> \(root)/shared", "elements/b/pkg-map": "from b",
                    "elements/a/notes": "-> nowhere", "elements/b/notes": "new",
                ], below: root)
            _ = try await stage(root, SubprocessRunner())
            #expect(text(root.appending("shared")) == "precious")
            #expect(text(root.appending("hooks/pkg-map")) == "from b")
            #expect(text(root.appending("hooks/notes")) == "new")
        }
    }

    @Test func aFailingCopyFailsTheStaging() async throws {
        try await withScratchDirectory { root in
            try write(["elements/a/install.d/10-a": ""], below: root)
            let runner = RecordingRunner { _ in RecordingRunner.failure(1, "cp: No space left on device") }
            let error = await #expect(throws: CommandFailure.self) { try await stage(root, runner) }
            #expect(error?.lastLines == ["cp: No space left on device"])
        }
    }
}
