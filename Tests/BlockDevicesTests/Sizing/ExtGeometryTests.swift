import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BlockDevices

@Suite struct ExtGeometryTests {
    private func plan(_ mkfs: String, size: ByteCount) throws -> FilesystemPlan {
        try #require(
            try layout("- local_loop: {name: a}\n- mkfs: {base: a, label: Label, \(mkfs)}", size: size)
                .filesystems.first)
    }

    /// `Free blocks: 123` and its like of a header.
    private func number(_ name: String, in header: String) -> UInt64? {
        header.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            .flatMap { UInt64($0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces)) }
    }

    private static let options = [
        "type: ext4", "type: ext4, opts: '-i 4096 -J size=64'", "type: ext4, opts: '-N 20000 -J size=8'",
        "type: ext4, opts: '-O ^metadata_csum,^64bit -i 8192'", "type: ext4, opts: '-E resize=200000000'",
        "type: ext4, opts: '-b 1024 -I 128 -J size=4'", "type: ext4, opts: '-O ^resize_inode,^sparse_super -m 0'",
        "type: ext3", "type: ext3, opts: '-b 1024 -J size=16'", "type: ext2", "type: ext2, opts: '-i 1024 -b 2048'",
        "type: ext4, opts: '-b 1024 -i 65536'",
    ]

    @Test(.requires(.tool("mkfs.ext4"), .tool("dumpe2fs")), arguments: options)
    func theGeometryIsWhatMke2fsMakes(options: String) async throws {
        var generator = SeededGenerator(seed: 77)
        // Sizes around the ends of groups, where mke2fs leaves out a last group, and some between.
        var sizes: [UInt64] = (0..<6).map { _ in UInt64.random(in: 40 << 20...900 << 20, using: &generator) }
        for group in [1, 3, 9] as [UInt64] {
            sizes.append(group << 27 + UInt64.random(in: 0...6 << 20, using: &generator))
            sizes.append(group << 27 + 4096 * UInt64.random(in: 0...300, using: &generator))
        }
        sizes.append(5 << 30)
        try await withScratchDirectory { directory in
            let file = directory.appending("fs")
            for size in sizes {
                let plan = try plan(options, size: ByteCount(size))
                try makeSparseFile(file, bytes: size)
                let made = try run(plan.command, on: file)
                let settings = try #require(ExtSettings(plan.command))
                let geometry = ExtGeometry(size: ByteCount(size), settings: settings)
                guard made.status == 0 else {
                    #expect(geometry == nil, "\(options) at \(size): \(made.output)")
                    continue
                }
                let header = try runTool("/usr/sbin/dumpe2fs", ["-h", file.string]).output
                #expect(geometry?.blockCount == number("Block count", in: header), "\(options) at \(size)")
                #expect(geometry?.freeBlocks == number("Free blocks", in: header), "\(options) at \(size)")
                #expect(geometry?.freeInodes == number("Free inodes", in: header), "\(options) at \(size)")
                #expect(
                    geometry?.reservedDescriptorBlocks == number("Reserved GDT blocks", in: header) ?? 0,
                    "\(options) at \(size)")
            }
        }
    }

    @Test(.requires(.tool("debugfs")))
    func namesHashAsTheKernelHashesThem() throws {
        let seed = "8d2b2f6c-0b1f-4c1e-9a52-6a3f0d6c1b7e"
        let hash = ExtNameHash(seed: ExtNameHash.seed(uuid: seed))
        let names = [
            "a", "usr", "libfoo.so.1", "exactly-thirty-two-characters--x", String(repeating: "long", count: 60),
            "ÄÖÜ-ß",
        ]
        for name in names {
            let output = try runTool("/usr/sbin/debugfs", ["-R", "dx_hash -h half_md4 -s \(seed) \(name)"]).output
            // "Hash of usr is 0x12345678 (minor 0x…)"
            let text = try #require(output.firstMatch(of: /is 0x([0-9a-f]+)/)).1
            #expect(hash.hash(Array(name.utf8)) == UInt32(text, radix: 16), "\(name): \(output)")
        }
    }

    @Test func optionsWhoseEffectIsUnknownAreNotGuessedAt() throws {
        for options in ["-O bigalloc", "-T news", "-C 65536", "-g 8192", "-O inline_data", "-E offset=1024", "-G 32"] {
            #expect(ExtSettings(try plan("type: ext4, opts: '\(options)'", size: .gibibytes(1)).command) == nil)
        }
    }
}
