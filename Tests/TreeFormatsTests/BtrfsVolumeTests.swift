import Basics
import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

/// File systems that mkfs.btrfs has made and this program has filled, as `btrfs check` and the kernel find them.
@Suite(.requires(.root, .loopDevices, .tool("mkfs.btrfs"), .tool("setfacl"), .tool("setcap"), .tool("getfattr")))
struct BtrfsVolumeTests {
    private static let offset: UInt64 = 3 << 20
    private static let made = FileTree.Time(seconds: 1_600_000_000, nanoseconds: 5)

    private func shell(_ script: String, in root: FilePath) throws -> ToolResult {
        try runTool(
            "bash", ["-euc", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"],
            directory: root.string)
    }

    /// An image with an empty file system in it, as the file backend leaves one.
    ///
    /// mkfs.btrfs refuses an identifier that a device of the host has, and other tests have devices.
    private func image(
        _ mkfs: String = "", in root: FilePath, name: String = "image", size: String = "500M",
        identifier: String = UUID().uuidString
    ) throws -> FilePath {
        let script = """
            truncate -s \(size) part && mkfs.btrfs -q -d single -m dup --nodesize 16384 --sectorsize 4096 --csum crc32c \
                -L name -U \(identifier) \(mkfs) part
            truncate -s 3M \(name) && cat part >> \(name) && rm part
            """
        let result = try shell(script, in: root)
        try #require(result.status == 0, "\(result.output)")
        return root.appending(name)
    }

    /// `btrfs check` knows no offsets; what the kernel does is done to a copy, which is checked again.
    private func check(_ image: FilePath, writing: String = "") throws {
        let script = """
            dd if='\(image)' of=alone bs=1M skip=3 conv=sparse status=none
            btrfs check --check-data-csum alone
            [ -n "$1" ] || exit 0
            mkdir -p written; mount -o loop alone written; cd written; btrfs scrub start -B . | tee /dev/stderr | grep -q 'no errors'
            eval "$1"; cd ..; umount written
            btrfs check --check-data-csum alone
            """
        let result = try runTool(
            "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", script, "check", writing],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"],
            directory: image.removingLastComponent().string)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.contains("no error found") && !result.output.contains("WARNING"), "\(result.output)")
    }

    private static let writing = """
        mkdir new; for i in {1..300}; do echo $i > new/$i; done; ln new/1 new/link; setfattr -n user.a -v b new/2
        head -c 60000000 /dev/urandom > new/large; sync; rm new/large; sync; find . -mindepth 1 -delete; echo end > end
        """

    /// Mounts it, and copies everything out of it.
    private func copied(_ root: FilePath) throws {
        let script = """
            mkdir -p mounted && mount -o ro,loop,offset=\(Self.offset) image mounted
            mkdir copy && cp -a --preserve=all mounted/. copy/
            """
        let result = try runTool(
            "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", script], directory: root.string)
        try #require(result.status == 0, "\(result.output)")
    }

    @Test(
        "the kernel reads the tree back, to the last attribute, and writes to it",
        arguments: [
            "", "-d dup", "-m single -n 8192", "--csum sha256", "-O ^no-holes", "-R ^free-space-tree",
            "-n 65536 --csum sha256 -O ^no-holes -d dup",
        ])
    func everything(mkfs: String) async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let image = try image(mkfs, in: root)
            try BtrfsVolume(image, offset: Self.offset).fill(FileTree.scan(tree.path), made: Self.made)
            try check(image, writing: Self.writing)
            try copied(root)
            #expect(try tree.differences(from: root.appending("copy")) == "")
            // Holes are holes.
            let used = try runTool("du", ["-k", root.appending("copy/sub/sparse").string]).output
            #expect(Int(used.prefix { $0.isNumber }).map { $0 < 64 } == true, "\(used)")
        }
    }

    /// Names with one hash, more names than an item holds, attributes of every size, files of every length around the
    /// limits, holes anywhere; drawn from a seed.
    private static let odd = #"""
        import os, random, sys
        random.seed(sys.argv[1]); os.mkdir(sys.argv[2]); os.chdir(sys.argv[2]); r = random.randrange
        os.mkdir("hash")
        # Each pair has one CRC-32C.
        for a, b in ("ebblgkjwh", "gjunzdtpb"), ("kdqkgvhcq", "gxdgpqttl"), ("dezxvrsev", "wqlrytfcf"):
            for n in a, b:
                open("hash/" + n, "w").write(n); os.setxattr("hash/" + n, "user." + a, b"1"); os.setxattr("hash/" + n, "user." + b, b"22")
        for i in range(3):
            open("attributes%d" % i, "w").close()
            for n in range(r(1, 8)): os.setxattr("attributes%d" % i, "user.n%d" % n, os.urandom(r(0, 400)))
        for d in "links", "more": os.mkdir(d)
        open("links/one", "w").write("x" * r(1, 5000))
        for i in range(r(100, 700)): os.link("links/one", random.choice(["links", "more"]) + "/%04d" % i + "n" * r(0, 252))
        os.mkdir("many")
        for i in range(r(100, 4000)): open("many/%d" % i, "wb").write(os.urandom(random.choice([0, 1, 2047, 2048, 2049, 4095, 4096, 4097, 9000])))
        d = "deep"; os.mkdir(d)
        for i in range(30): d += "/" + "e" * r(1, 100); os.mkdir(d)
        for i in range(255): os.symlink("t" * r(1, 4095), "many/" + "l%03d" % i + "s" * r(0, 252))
        for i in range(40):
            with open("holes%d" % i, "wb") as f:
                for p in sorted(r(0, 3000000) for _ in range(r(0, 6))): f.seek(p); f.write(os.urandom(random.choice([1, 100, 4096, 70000])))
                f.truncate(max(f.tell(), random.choice([0, 1, 2048, 3000000, 3000001])))
        with open("huge", "wb") as f:
            for p in 0, (1 << 40) + 5, (5 << 40) - 3: f.seek(p); f.write(b"end")
        with open("whole", "wb") as f: f.write(os.urandom(1 << 20) * 135)
        os.mknod("character", 0o20644, os.makedev(4095, 0xfffff)); os.mknod("block", 0o60600, os.makedev(1, 300))
        """#

    /// Every name with everything but clocks, and the parts of files that are no holes.
    private static let manifest = #"""
        import hashlib, os, stat, sys
        os.chdir(sys.argv[1])
        for folder, folders, files in os.walk("."):
            for name in folders + files + ["."] * (folder == "."):
                p = os.path.join(folder, name); s = os.lstat(p); h = hashlib.sha256(); runs = []
                if stat.S_ISLNK(s.st_mode): h.update(os.readlink(p).encode())
                if stat.S_ISREG(s.st_mode) and s.st_size:
                    with open(p, "rb") as f:
                        at = 0
                        # What is small lies in the metadata, which has no holes.
                        if s.st_size <= 2048: h.update(f.read()); at = s.st_size
                        while at < s.st_size:
                            try: at = os.lseek(f.fileno(), at, os.SEEK_DATA)
                            except OSError: break
                            end = os.lseek(f.fileno(), at, os.SEEK_HOLE); f.seek(at); part = f.read(end - at)
                            runs.append((at, end)); h.update(part); at = end
                x = sorted((n, os.getxattr(p, n, follow_symlinks=False).hex()) for n in os.listxattr(p, follow_symlinks=False))
                links = 0 if stat.S_ISDIR(s.st_mode) else s.st_nlink
                size = 0 if stat.S_ISDIR(s.st_mode) else s.st_size
                print(p, oct(s.st_mode), s.st_uid, s.st_gid, s.st_rdev, links, size, s.st_mtime_ns, h.hexdigest(), runs, x)
        """#

    @Test(
        "trees that go to the limits", .timeLimit(.minutes(5)),
        arguments: ["": 1, "-m single -O ^no-holes": 2, "-R ^free-space-tree": 3, "-n 32768": 4])
    func oddTrees(mkfs: String, seed: Int) async throws {
        try await withScratchDirectory(in: "/var/tmp") { root in
            let made = try runTool("python3", ["-c", Self.odd, "\(seed)", root.appending("tree").string])
            try #require(made.status == 0, "\(made.output)")
            let image = try image(mkfs, in: root, size: "700M")
            try BtrfsVolume(image, offset: Self.offset).fill(FileTree.scan(root.appending("tree")), made: Self.made)
            try check(image, writing: Self.writing)
            let script = """
                mkdir -p mounted && mount -o ro,loop,offset=\(Self.offset) image mounted
                for d in tree mounted; do python3 -c "$1" $d | sort > $d.list; done
                test "$(wc -l < tree.list)" -gt 400; diff tree.list mounted.list | head -n 20
                """
            let result = try runTool(
                "unshare", ["--mount", "--propagation", "slave", "bash", "-euc", script, "compare", Self.manifest],
                directory: root.string)
            #expect(result == ToolResult(status: 0, output: ""))
        }
    }

    @Test func `equal trees are equal bytes, whatever mkfs.btrfs has drawn`() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            let identifier = UUID().uuidString
            for name in ["one", "two"] {
                let image = try image(in: root, name: name, identifier: identifier)
                try BtrfsVolume(image, offset: Self.offset).fill(
                    FileTree.scan(tree.path), made: Self.made, latest: 1_650_000_000)
            }
            #expect(try runTool("cmp", ["one", "two"], directory: root.string) == ToolResult(status: 0, output: ""))
            // What depends on the name of the file system is not random, and not the same for all.
            let result = try shell(
                "truncate -s 500M other; mkfs.btrfs -q -d single other", in: root)
            try #require(result.status == 0)
            try BtrfsVolume(root.appending("other")).fill(FileTree.scan(tree.path), made: Self.made)
            let identifiers = try shell(
                """
                dd if=one of=alone bs=1M skip=3 status=none
                for f in alone other; do btrfs inspect-internal dump-super $f | grep dev_item.uuid; done | sort -u | wc -l
                """, in: root)
            #expect(identifiers.output == "2\n", "\(identifiers.output)")
        }
    }

    @Test func `many chunks of each kind, the second superblock among them`() async throws {
        try await withScratchDirectory(in: "/var/tmp") { root in
            let image = try image("-n 4096", in: root, size: "2G")
            let whole = root.appending("whole")
            try #require(shell("for i in {1..9}; do head -c 100M /dev/urandom; done > whole", in: root).status == 0)
            var tree = FileTree(root: .init(mode: 0o40755, modified: Self.made, content: .directory([])))
            // Of attributes, so that there is metadata for more than one chunk of a twentieth of the device.
            let names = (0..<45_000).map { Array("name-\(1_000_000 + $0)".utf8) }
            let entries = names.map { name in
                let node = FileTree.Node(
                    mode: 0o10644, modified: Self.made,
                    attributes: [.init("user.a", [UInt8](repeating: 7, count: 1800))], content: .nothing)
                return FileTree.Entry(name: name, node: tree.append(node))
            }
            let size: UInt64 = 900 << 20
            let file = tree.append(
                .init(mode: 0o100600, modified: Self.made, content: .file(whole, size: size, segments: [0..<size])))
            tree.link(
                tree.append(.init(mode: 0o40700, modified: Self.made, content: .directory(entries))),
                as: Array("many".utf8), in: 0)
            tree.link(file, as: Array("whole".utf8), in: 0)
            try BtrfsVolume(image, offset: Self.offset).fill(tree, made: Self.made)
            let chunks = try shell(
                """
                dd if=image of=alone bs=1M skip=3 conv=sparse status=none; btrfs inspect-internal dump-tree -t chunk alone
                """, in: root
            ).output
            #expect(chunks.split(separator: "\n").filter { $0.contains("type METADATA|DUP") }.count > 1)
            #expect(chunks.split(separator: "\n").filter { $0.contains("type DATA|single") }.count > 3)
            try check(image, writing: "cmp whole '\(whole)'; ls many | wc -l | grep -qx 45000; \(Self.writing)")
        }
    }

    @Test func `what does not fit is said`() async throws {
        try await withScratchDirectory { root in
            let image = try image(in: root, size: "120M")
            try #require(shell("head -c 60M /dev/urandom > large", in: root).status == 0)
            var tree = FileTree(root: .init(mode: 0o40755, modified: Self.made, content: .directory([])))
            let size: UInt64 = 60 << 20
            let content = FileTree.Content.file(root.appending("large"), size: size, segments: [0..<size])
            tree.link(
                tree.append(.init(mode: 0o100600, modified: Self.made, content: content)), as: [97], in: 0)
            let error = #expect(throws: DiskFormatError.self) {
                try BtrfsVolume(image, offset: Self.offset).fill(tree, made: Self.made)
            }
            #expect(
                error?.kind == .noSpace && error?.reason.hasPrefix("no space left: ") == true,
                "\(String(describing: error))")
        }
    }

    @Test(
        "what is not written here is refused",
        arguments: [
            ("-M -m dup -d dup -n 4096", "it has features that are not written here: incompat 4"),
            ("--csum xxhash", "its checksums are neither crc32c nor sha256"),
        ])
    func foreign(mkfs: String, reason: String) async throws {
        try await withScratchDirectory { root in
            let image = try image(mkfs, in: root)
            let error = #expect(throws: DiskFormatError.self) { try BtrfsVolume(image, offset: Self.offset) }
            #expect(error?.kind == .unsupported && error?.reason == reason, "\(String(describing: error))")
            let none = #expect(throws: DiskFormatError.self) { try BtrfsVolume(image) }
            #expect(none?.kind == .malformed && none?.reason == "there is no btrfs")
        }
    }

    @Test func `attributes that btrfs has no room for are named with their file`() async throws {
        try await withScratchDirectory { root in
            let image = try image(in: root)
            var tree = FileTree(root: .init(mode: 0o40755, modified: Self.made, content: .directory([])))
            let attribute = FileTree.Attribute("user.large", [UInt8](repeating: 1, count: 17000))
            tree.link(
                tree.append(.init(mode: 0o10600, modified: Self.made, attributes: [attribute], content: .nothing)),
                as: Array("pipe".utf8), in: 0)
            let error = #expect(throws: TreeFormatError.self) {
                try BtrfsVolume(image, offset: Self.offset).fill(tree, made: Self.made)
            }
            #expect(error?.attempt == "store attribute 'user.large' of './pipe'")
        }
    }
}
