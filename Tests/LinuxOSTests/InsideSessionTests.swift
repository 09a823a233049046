import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    /// Starts this test binary once more as the engine of a session, to run the tests of `InsideSession` there.
    @Suite(.requires(.root), .timeLimit(.minutes(2)))
    struct EngineTests {
        @Test func theTestsForTheInsideOfASessionPassThere() async throws {
            let arguments = [
                "--", testBinary, "--testing-library", "swift-testing", "--filter", "LinuxOSTests.InsideSession/",
            ]
            let command = Command("/proc/self/exe", arguments, calledAs: "ingot-session")
            let outcome = try await SubprocessRunner().run(command, onLine: { _ in })
            #expect(outcome.status == .exited(0))
            #expect(outcome.lastLines.contains { $0.contains("Test run with 6 tests in 1 suite passed") }, "\(outcome)")
        }
    }
}

/// What only the engine of a session can do; skipped in an ordinary run, and run from `EngineTests`.
@Suite(.serialized, .enabled(if: Session.isInside, "runs inside a session, from EngineTests"))
struct InsideSession {
    private let runner = SubprocessRunner()

    @Test func hooksSeeNothingOfTheSession() async throws {
        #expect(getpid() == 2)
        let seen = try await runner.run(
            Command("sh", ["-c", "env | grep INGOT_SESSION; ls /proc/self/fd"]), onLine: { _ in })
        #expect(seen.lastLines == ["0", "1", "2", "3"])  // 3 is the folder that ls reads
    }

    @Test func stragglersAreNamedAndEnded() async throws {
        let script =
            "sleep 1000 >/dev/null 2>&1 & (trap '' TERM; exec setsid tail -f /dev/null) >/dev/null 2>&1 & sleep 0.2"
        _ = try await runner.run(Command("sh", ["-c", script]), onLine: { _ in })
        #expect(try Stragglers.list().map(\.name).sorted() == ["sleep", "tail"])
        #expect(try Stragglers.end(grace: .milliseconds(200)).map(\.name).sorted() == ["sleep", "tail"])
        #expect(try Stragglers.list().isEmpty)
        #expect(try Stragglers.end().isEmpty)
    }

    @Test func aTemporaryDirectoryOfADeadEngineGoes() async throws {
        try await withScratchDirectory { folder in
            // A session in this session, whose engine dies with a directory registered and one forgotten.
            let arguments = [
                "--", testBinary, "--testing-library", "swift-testing", "--filter", "LinuxOSTests.DyingEngine/",
            ]
            var command = Command("/proc/self/exe", arguments, calledAs: "ingot-session")
            command.environment = Environment([
                "PATH": "/usr/bin:/bin", "INGOT_TEST_DYING": folder.string,
                "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
            ])
            let outcome = try await runner.run(command, onLine: { _ in })
            #expect(outcome.status == .signaled(SIGKILL), "\(outcome)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.string) == ["was.here"])
        }
    }

    /// Also without the right to make devices and file systems of the kernel's kinds.
    @Test func aRootHasWhatProgramsExpect() async throws {
        try await withScratchDirectory { root in
            let kernel = try KernelFilesystems.attach(root: root)
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(root)/dev/null"))
            let seen = try await runner.run(
                Command(
                    "sh",
                    [
                        "-c",
                        "cd \(root); head -c 3 dev/zero | wc -c; ls dev/pts; ls -d proc/1 sys/class; touch sys/x || echo read-only",
                    ]), onLine: { _ in })
            #expect(
                seen.lastLines.filter { !$0.contains("sys/x") } == ["3", "ptmx", "proc/1", "sys/class", "read-only"])
            try kernel.detach()
            #expect(try MountTable.load().mounts(below: root).isEmpty)
        }
    }

    @Test func layersHideWhatIsBelowThem() async throws {
        try await withScratchDirectory { folder in
            let manager = FileManager.default
            for name in ["lower/folder", "upper", "work", "tree"] {
                try manager.createDirectory(
                    atPath: folder.appending("base").pushing(FilePath(name)).string, withIntermediateDirectories: true)
            }
            let base = folder.appending("base")
            for name in ["lower/folder/old", "lower/gone"] {
                try Data().write(to: URL(fileURLWithPath: base.pushing(FilePath(name)).string))
            }
            let tree = base.appending("tree")
            let mount = OverlayMount(directory: base, lower: ["lower"], upper: "upper", work: "work", target: tree)
            try mount.attach()
            _ = try await runner.run(
                Command("sh", ["-ec", "cd \(tree); rm -r folder gone; mkdir folder; touch folder/new"]),
                onLine: { _ in })
            #expect(try manager.contentsOfDirectory(atPath: tree.string) == ["folder"])
            #expect(try manager.contentsOfDirectory(atPath: tree.appending("folder").string) == ["new"])
            try Mount.detach(tree)
            let listed = try TreeListing.walk(base.appending("upper")).entries
            #expect(listed.first { $0.path == "folder" }?.isOpaque == true)
            #expect(listed.contains { $0.path == "gone" && $0.mode & S_IFMT == S_IFCHR })
        }
    }

    @Test func mountsAreThisSessionsOwn() async throws {
        try await withScratchDirectory { folder in
            let mount = Mount(source: "ingot", target: folder, type: "tmpfs")
            try mount.attach()
            #expect(try MountTable.load().mounts.last?.target == folder)
            try mount.detach()
        }
    }
}

/// Makes temporary things and dies by SIGKILL; run from `InsideSession` only.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["INGOT_TEST_DYING"] != nil, "kills itself, for InsideSession"))
struct DyingEngine {
    @Test func dies() throws {
        let folder = FilePath(ProcessInfo.processInfo.environment["INGOT_TEST_DYING"] ?? "")
        try #require(Session.isInside)
        let lost = try TemporaryDirectory.create(in: folder, prefix: "dib_build.")
        try Data("x".utf8).write(to: URL(fileURLWithPath: lost.path.appending("file").string))
        try Mount(source: "ingot", target: lost.path, type: "tmpfs").attach()
        _ = try AtomicFile(replacing: folder.appending("debian.qcow2"))
        try AtomicFile.write("x".utf8, to: folder.appending("was.here"))
        let removed = try TemporaryDirectory.create(in: folder, prefix: "dib_image.")
        try removed.remove()
        kill(getpid(), SIGKILL)
    }
}
