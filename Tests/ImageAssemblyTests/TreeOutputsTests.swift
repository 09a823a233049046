import Basics
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// Formats of the tree that other programs take a part in, with stand-ins for those.
@Suite struct TreeOutputsTests {
    private func outputs(
        _ tree: FilePath, _ environment: [String: String] = [:], engine: String = "docker",
        runner: any CommandRunner = SubprocessRunner()
    ) throws -> TreeOutputs {
        var request = BuildRequest(mode: .native, environment: Environment(environment), machine: "x86_64")
        request.dockerTarget = "repository:tag"
        return TreeOutputs(
            tree: tree, architecture: Architecture("amd64"), options: try TreeOptions(request), mountPoints: ["boot"],
            engine: engine, identifier: "11111111-2222-4333-8444-555555555555", runner: runner)
    }

    @Test(
        arguments: [
            (
                TreeFormat.squashfs, [:],
                "mksquashfs /m /o/x -comp xz -noappend -no-recovery -no-progress -wildcards -e lost+found boot/lost+found"
            ),
            (
                .squashfs, ["DIB_SQUASHFS_OPTIONS": "-comp zstd  -b 1M"],
                "mksquashfs /m /o/x -comp zstd -b 1M -noappend -no-recovery -no-progress -wildcards -e lost+found boot/lost+found"
            ),
            (
                .erofs, [:],
                "mkfs.erofs -zlz4hc -U 11111111-2222-4333-8444-555555555555 --exclude-path=lost+found --exclude-path=boot/lost+found /o/x /m"
            ),
        ] as [(TreeFormat, [String: String], String)])
    func readOnlyFileSystemsAreTheirToolsWork(format: TreeFormat, environment: [String: String], line: String)
        async throws
    {
        try await withScratchDirectory { tree in
            let runner = RecordingRunner()
            try await outputs(tree, environment, runner: runner).write([.init(format: format, path: "/o/x")]) { _, _ in
            }
            #expect(runner.lines.map { $0.replacingOccurrences(of: tree.string, with: "/m") } == [line])
        }
    }

    @Test("devices that could not be made are told to mksquashfs", .requires(.tool("setfattr")))
    func recordedNodes() async throws {
        try await withScratchDirectory { tree in
            let script = "mkdir 'a b'; : > 'a b/n*'; setfattr -n user.ingot.node -v 'c 1:3' 'a b/n*'"
            #expect(try runTool("bash", ["-euc", script], directory: tree.string).status == 0)
            let runner = RecordingRunner()
            try await outputs(tree, runner: runner).write([.init(format: .squashfs, path: "/o/x")]) { _, _ in }
            let words = try #require(runner.commands.first).arguments
            #expect(words[4...5] == ["-p", "a\\ b/n* c 644 \(geteuid()) \(getegid()) 1 3"])
            #expect(words.suffix(3) == ["lost+found", "boot/lost+found", "a b/n\\*"])
        }
    }

    /// A program in `root` that does what `script` says.
    private func program(_ script: String, in root: FilePath) throws -> String {
        let path = root.appending("engine").string
        try "#!/bin/bash\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    @Test func aContainerEngineGetsTheWholeStreamThatTheFileHas() async throws {
        try await withScratchDirectory { root in
            try write(["mnt/etc/passwd": String(repeating: "x", count: 3_000_000)], below: root)
            let engine = try program("echo \"$@\"; cat >'\(root)/got'", in: root)
            let lines = Lines()
            try await outputs(root.appending("mnt"), engine: engine).write([
                .init(format: .tar, path: root.appending("x.tar")), .init(format: .docker, path: ""),
            ]) { lines.add("\($0): \($1)") }
            #expect(lines.all == ["\(engine): import - repository:tag"])
            #expect(try runTool("cmp", ["\(root)/got", "\(root)/x.tar"]).output == "")
        }
    }

    @Test(.timeLimit(.minutes(1))) func aConsumerThatFailsIsTheReasonAndNotTheBrokenStream() async throws {
        try await withScratchDirectory { root in
            try write(["mnt/a": String(repeating: "x", count: 9_000_000)], below: root)
            let engine = try program("head -c 100 >/dev/null; echo no room; exit 3", in: root)
            let failure = await #expect(throws: CommandFailure.self) {
                try await outputs(root.appending("mnt"), engine: engine).write([.init(format: .docker, path: "")]) {
                    _, _ in
                }
            }
            #expect(failure?.status == .exited(3) && failure?.lastLines == ["no room"])
        }
    }

    /// Without its end, the stream must not reach a consumer as a shorter, whole one.
    @Test(.timeLimit(.minutes(1))) func aStreamThatBreaksOffNeverLooksComplete() async throws {
        try await withScratchDirectory { root in
            try write(["mnt/a": String(repeating: "x", count: 9_000_000)], below: root)
            let engine = try program("cat >/dev/null && touch '\(root)/imported'", in: root)
            await #expect(throws: (any Error).self) {
                try await outputs(root.appending("mnt"), engine: engine).write([
                    .init(format: .tar, path: "/dev/full"), .init(format: .docker, path: ""),
                ]) { _, _ in }
            }
            #expect(!FileManager.default.fileExists(atPath: "\(root)/imported"))
        }
    }

    @Test func theUsersOwnGzipIsCalledAsUpstreamCallsIt() async throws {
        try await withScratchDirectory { root in
            try write(["mnt/b": "1"], below: root)
            let engine = try program("echo \"$@\" >'\(root)/arguments'; gzip \"$3\"", in: root)
            try await outputs(root.appending("mnt"), ["DIB_GZIP_BIN": "\(engine) --quiet -n"]).write([
                .init(format: .tgz, path: root.appending("x.tgz"))
            ]) { _, _ in }
            #expect(try String(contentsOfFile: "\(root)/arguments", encoding: .utf8) == "--quiet -n -9\n")
            #expect(try runTool("tar", ["-tzf", "\(root)/x.tgz"]).output == "./\n./b\n")
        }
    }

    @Test(arguments: [nil, "{\"acKind\": \"ImageManifest\"}"])
    func anAppContainerHasTheTreeBelowRootfs(manifest: String?) async throws {
        try await withScratchDirectory { root in
            try write(["mnt/etc/a": "1", "mnt/link": "-> etc/a"], below: root)
            var environment: [String: String] = [:]
            if let manifest {
                try write(["m.json": manifest], below: root)
                environment["ACI_MANIFEST"] = "\(root)/m.json"
            }
            let lines = Lines()
            try await outputs(root.appending("mnt"), environment).write([
                .init(format: .aci, path: root.appending("x.aci"))
            ]) { lines.add($1) }
            let names = "rootfs/\nrootfs/etc/\nrootfs/etc/a\nrootfs/link\n"
            #expect(
                try runTool("tar", ["-tf", "\(root)/x.aci"]).output == names + (manifest == nil ? "" : "manifest\n"))
            #expect(lines.all.isEmpty == (manifest != nil))
            if let manifest {
                #expect(try runTool("tar", ["-xOf", "\(root)/x.aci", "manifest"]).output == manifest)
            }
        }
    }
}
