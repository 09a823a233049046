import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

/// Archives of a tree with everything in it, unpacked by other programs and compared with the tree.
@Suite(.requires(.root, .tool("setfacl"), .tool("setcap"), .tool("getfattr")))
struct TarTests {
    private func archive(_ tree: FilePath, _ outputs: TarOutput...) throws {
        try TarOutputs(tree: tree, outputs).write()
    }

    @Test(
        "what GNU tar and bsdtar unpack is the tree, to the last attribute", .requires(.tool("bsdtar")),
        arguments: [
            [
                "tar", "--xattrs", "--xattrs-include=*", "--acls", "--warning=no-timestamp",
                "--warning=no-unknown-keyword", "--numeric-owner", "-xpSf",
            ], ["bsdtar", "--xattrs", "--acls", "--numeric-owner", "-xpf"],
        ])
    func unpacked(command: [String]) async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let isBSD = command[0] == "bsdtar"
            // bsdtar composes letters in names as it reads them, and leaves the root's time.
            if isBSD { try tree.change(#"rm "$(printf 'sub/a\xcc\x88')""#) }
            let file = root.appending("x.tar")
            try archive(tree.path, .plain(file))
            let target = root.appending("out")
            try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
            let result = try runTool(
                command[0], command.dropFirst() + [file.string, "-C", target.string],
                environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"])
            #expect(result == ToolResult(status: 0, output: ""))
            let differences = try tree.differences(from: target, times: isBSD ? .belowTheRoot : .all)
            #expect(differences == "")
            // Holes are holes again.
            let used = try runTool("du", ["-k", target.appending("sub/sparse").string]).output
            #expect(Int(used.prefix { $0.isNumber }).map { $0 < 64 } == true, "\(used)")
        }
    }

    @Test func aFileBeyondEightGibibytesKeepsItsSizeAndItsHoles() async throws {
        try await withScratchDirectory { root in
            let script = "mkdir tree && truncate -s 9G tree/big && printf end >>tree/big"
            try #require(try runTool("bash", ["-euc", script], directory: root.string).status == 0)
            try archive(root.appending("tree"), .plain(root.appending("x.tar")))
            let unpacking = """
                [ $(stat -c %s x.tar) -lt 100000 ] && mkdir out && tar -xf x.tar -C out
                stat -c %s out/big && tail -c 4 out/big | od -An -c && [ $(du -k out/big | cut -f 1) -lt 100 ] && echo sparse
                """
            let result = try runTool("bash", ["-euc", unpacking], directory: root.string)
            #expect(result.output == "9663676419\n  \\0   e   n   d\nsparse\n")
        }
    }

    @Test func namesAreSortedAndTheRestOfTheFileSystemIsLeftOut() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let file = root.appending("x.tar")
            try archive(tree.path, .plain(file))
            let names = try runTool("tar", ["-tf", file.string]).output.split(separator: "\n")
            #expect(names.first == "./" && names.contains("./keep/lost+found/y"))
            #expect(!names.contains { $0.hasPrefix("./lost+found") || $0 == "./usr/socket" })
            let directories = names.filter { $0.hasSuffix("/") && $0.split(separator: "/").count == 2 }
            #expect(directories == directories.sorted())
        }
    }

    @Test func equalTreesGiveEqualBytesWhateverTheirInodes() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let copy = root.appending("copy")
            #expect(try runTool("cp", ["-a", tree.path.string, copy.string]).status == 0)
            let outputs = ["a", "b"].map { root.appending($0) }
            for (source, output) in zip([tree.path, copy], outputs) {
                try FileManager.default.createDirectory(atPath: output.string, withIntermediateDirectories: true)
                try archive(
                    source, .plain(output.appending("x.tar")), .gzip(output.appending("x.tgz")),
                    .zstd(output.appending("x.tar.zst")))
            }
            #expect(try runTool("diff", ["-r", outputs[0].string, outputs[1].string]).output == "")
        }
    }

    @Test("compressed archives hold the plain one's bytes", .requires(.tool("zstd"), .tool("bsdtar")))
    func compressed() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let names = ["x.tar", "x.tgz", "x.tar.zst"].map { root.appending($0) }
            try archive(tree.path, .plain(names[0]), .gzip(names[1]), .zstd(names[2]))
            let script = """
                cd '\(root)' && sha256sum <x.tar && gzip -dc x.tgz | sha256sum && zstd -qdc x.tar.zst | sha256sum &&
                python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.open("x.tgz").read())' | sha256sum
                7z x -so x.tgz | sha256sum
                """
            let sums = try runTool("bash", ["-c", script]).output.split(separator: "\n")
            #expect(sums.count == 5 && Set(sums).count == 1, "\(sums)")
            for name in names.dropFirst() {
                #expect(try runTool("bsdtar", ["-tf", name.string]).output.contains("./etc/passwd\n"))
                #expect(try runTool("tar", ["-tf", name.string]).output.contains("./etc/passwd\n"))
            }
        }
    }

    @Test func aFullDiskIsOneLineThatNamesTheFile() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let error = #expect(throws: TreeFormatError.self) { try archive(tree.path, .plain("/dev/full")) }
            #expect(error?.description == "cannot write '/dev/full': No space left on device")
            let packed = #expect(throws: TreeFormatError.self) { try archive(tree.path, .gzip("/dev/full")) }
            #expect(packed?.description == "cannot write '/dev/full': No space left on device")
        }
    }

    @Test func aTreeThatIsNotThereIsNamed() {
        let error = #expect(throws: TreeFormatError.self) { try archive("/no/tree", .plain("/dev/null")) }
        #expect(error?.description == "cannot open '/no/tree': No such file or directory")
    }

    @Test func aStoppedWorkEndsWithItsReason() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            #expect(throws: CancellationError.self) {
                try TarOutputs(tree: tree.path, [.gzip("/dev/null")]).write { throw CancellationError() }
            }
        }
    }
}
