import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

/// File systems that mke2fs has made and this program has filled, as e2fsck and the kernel find them.
@Suite(.requires(.root, .loopDevices, .tool("mke2fs"), .tool("setfacl"), .tool("setcap"), .tool("getfattr")))
struct ExtVolumeTests {
    private static let offset: UInt64 = 3 << 20
    private static let made = FileTree.Time(seconds: 1_600_000_000, nanoseconds: 5)

    /// An image with an empty file system in it, as the file backend leaves one.
    private func image(_ mkfs: String, in root: FilePath, name: String = "image", size: String = "96M") throws
        -> FilePath
    {
        let script = """
            truncate -s \(size) part && mke2fs -q -F -U 11111111-2222-4333-8444-555555555555 \
                -E hash_seed=99999999-2222-4333-8444-555555555555,assume_storage_prezeroed=1 \(mkfs) part
            truncate -s 3M \(name) && cat part >> \(name) && rm part
            """
        let result = try runTool(
            "bash", ["-euc", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "E2FSPROGS_FAKE_TIME": "1600000000"],
            directory: root.string)
        try #require(result.status == 0, "\(result.output)")
        return root.appending(name)
    }

    private func check(_ image: FilePath) throws {
        let result = try runTool("bash", ["-c", "LC_ALL=C e2fsck -fn '\(image)?offset=\(Self.offset)'"])
        #expect(result.status == 0, "\(result.output)")
    }

    @discardableResult
    private func fill(_ image: FilePath, with tree: FilePath) throws -> ExtVolume.Usage {
        try ExtVolume(image, offset: Self.offset).fill(FileTree.scan(tree), made: Self.made)
    }

    @Test(
        "the kernel reads the tree back, to the last attribute, and e2fsck has nothing to say",
        arguments: [
            "-t ext4", "-t ext4 -O ^metadata_csum", "-t ext4 -O ^64bit,^flex_bg -I 512", "-t ext4 -b 1024 -I 256",
            "-t ext3 -I 256", "-t ext2 -I 256 -b 2048", "-t ext4 -O ^has_journal,^resize_inode,metadata_csum_seed",
            "-t ext4 -O ^dir_index -G 4 -g 8192", "-t ext4 -I 128 -O ^extra_isize,^project",
        ])
    func everything(mkfs: String) async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            // Inodes of 128 bytes have no nanoseconds, and no years after 2038.
            if mkfs.contains("-I 128") {
                try tree.change(
                    "touch -d '2001-02-03 UTC' sub/random sub/tail; find . -depth -exec touch -h -d '2020-02-02 UTC' {} +"
                )
            }
            let image = try image(mkfs, in: root)
            try fill(image, with: tree.path)
            try check(image)
            let target = root.appending("mounted")
            try FileManager.default.createDirectory(atPath: target.string, withIntermediateDirectories: true)
            let copying =
                "mount -o ro,loop,offset=\(Self.offset) image mounted && mkdir copy && cp -a --preserve=all mounted/. copy/"
            let result = try runTool(
                "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", copying], directory: root.string)
            try #require(result.status == 0, "\(result.output)")
            #expect(try tree.differences(from: root.appending("copy")) == "")
            // Holes are holes.
            let used = try runTool("du", ["-k", root.appending("copy/sub/sparse").string]).output
            #expect(Int(used.prefix { $0.isNumber }).map { $0 < 64 } == true, "\(used)")
        }
    }

    @Test("a directory of any size is found by hash", arguments: [100, 5000, 130_000])
    func directories(count: Int) async throws {
        try await withScratchDirectory { root in
            let image = try image("-t ext4 -b 4096 -N 200000", in: root, size: "256M")
            var tree = FileTree(root: .init(mode: 0o40755, modified: Self.made, content: .directory([])))
            let names = (0..<count).map { Array("a-name-of-some-length-\($0)".utf8) }
                .sorted { $0.lexicographicallyPrecedes($1) }
            let entries = names.map { name in
                let pipe = tree.append(.init(mode: 0o10644, modified: Self.made, content: .nothing))
                return FileTree.Entry(name: name, node: pipe)
            }
            let folder = tree.append(.init(mode: 0o40700, modified: Self.made, content: .directory(entries)))
            tree.link(folder, as: Array("folder".utf8), in: 0)
            try ExtVolume(image, offset: Self.offset).fill(tree, made: Self.made)
            try check(image)
            let script = """
                mkdir mounted && mount -o ro,loop,offset=\(Self.offset) image mounted
                for n in 0 1 77 \(count / 2) \(count - 1); do test -p mounted/folder/a-name-of-some-length-$n; done
                ls mounted/folder | wc -l; lsattr -d mounted/folder | cut -d ' ' -f 1 | tr -d -- -
                """
            let result = try runTool(
                "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", script], directory: root.string)
            #expect(result.output == "\(count)\n\(count > 200 ? "Ie" : "e")\n")
        }
    }
}
