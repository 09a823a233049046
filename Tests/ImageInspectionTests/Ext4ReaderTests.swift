import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import ImageInspection

@Suite(.requires(.tool("mke2fs"), .tool("debugfs")))
struct Ext4ReaderTests {
    /// A file system of the tree `root/tree`, which `script` fills.
    private func reader(_ root: FilePath, _ options: [String], _ script: String) throws -> Ext4Reader {
        let tree = root.appending("tree").string
        let filled = try runTool("bash", ["-euc", "mkdir '\(tree)' && cd '\(tree)'\n\(script)"])
        try #require(filled.status == 0, "\(filled.output)")
        let image = root.appending("image")
        let made = try runTool("mke2fs", ["-q", "-d", tree] + options + [image.string, "40M"])
        try #require(made.status == 0, "\(made.output)")
        return try Ext4Reader(DiskWindow(RawImage(image)))
    }

    @Test(
        "names and contents are those of the tree, in every generation of the format",
        arguments: [
            ["-t", "ext2", "-b", "1024"], ["-t", "ext3", "-b", "1024"], ["-t", "ext4"], ["-t", "ext4", "-b", "1024"],
            ["-t", "ext4", "-O", "^64bit,^extent", "-b", "2048"], ["-t", "ext4", "-I", "128", "-O", "^flex_bg"],
        ])
    func everyGeneration(options: [String]) async throws {
        try await withScratchDirectory { root in
            let reader = try reader(
                root, options,
                """
                mkdir -p a/b/c many && seq -f many/file-with-a-long-name-%05g 1 1500 | xargs touch
                seq 1 90000 >a/numbers && printf x >a/b/c/x && : >a/empty
                truncate -s 300K a/sparse && printf end >>a/sparse
                ln -s b a/short && ln -s ../../../a/b/../b/c/x "a/b/c/loop"
                ln -s "/$(printf './%.0s' {1..60})a/numbers" a/long && ln -s nowhere a/dangling && ln -s self a/self
                """)
            for folder in ["/", "a", "/a/b/c", "many", "a/short"] {
                let listed = try runTool("ls", ["-A", "\(root)/tree/\(folder)"], environment: ["LC_ALL": "C"]).output
                let ours = try reader.names(in: folder).filter { $0 != "lost+found" }
                #expect(ours == listed.split(separator: "\n").map(String.init))
            }
            for file in ["a/numbers", "a/b/c/x", "a/empty", "a/sparse", "a/b/c/loop", "a/short/c/x"] {
                let wanted = try Data(contentsOf: URL(fileURLWithPath: "\(root)/tree/\(file)"))
                let found = try reader.file(file, limit: 1 << 20)
                #expect(found.map { Data($0) } == wanted, "\(file)")
            }
            let long = try reader.file("a/long", limit: 1 << 20)
            #expect(try long == reader.file("a/numbers", limit: 1 << 20))
            #expect(try reader.file("a/dangling", limit: 10) == nil && reader.file("a", limit: 10) == nil)
            #expect(throws: ImageInspectionError.self) { try reader.file("a/self", limit: 10) }
            #expect(throws: ImageInspectionError.self) { try reader.file("a/numbers", limit: 1000) }
        }
    }

    /// Bytes changed at random in the metadata: any answer, or an error of one line, but no crash and no endless work.
    @Test func brokenFileSystemsAreErrorsOfOneLine() async throws {
        try await withScratchDirectory { root in
            _ = try reader(
                root, ["-t", "ext4", "-b", "1024"],
                "mkdir -p etc boot && echo ID=x >etc/os-release && touch boot/vmlinuz-1")
            let original = MutatedImage.Original(try Data(contentsOf: URL(fileURLWithPath: "\(root)/image")))
            var errors = 0
            for seed in 0..<150 {
                let image = MutatedImage(original, seed: UInt64(seed))
                do {
                    let probe = try SystemProbe(DiskWindow(image))
                    _ = try probe.system(on: 1)
                } catch {
                    errors += 1
                    #expect(!"\(error)".contains("\n"))
                }
            }
            #expect(errors > 10)
        }
    }
}
