import Basics
import BlockDevices
import Foundation
import SystemPackage
import TestSupport
import Testing

/// The command lines, run on plain files and judged by the tools of the filesystem.
@Suite struct FormattingOracleTests {
    private func make(
        _ mkfs: String, size: ByteCount = .mebibytes(300), timestamp: UInt64? = nil, in directory: FilePath,
        name: String = "fs"
    ) throws -> (plan: FilesystemPlan, file: FilePath) {
        let plan = try layout(
            "- local_loop: {name: a}\n- mkfs: {base: a, label: Label, \(mkfs)}", size: size, timestamp: timestamp)
        let filesystem = try #require(plan.filesystems.first)
        let file = directory.appending(name)
        try makeSparseFile(file, bytes: size.bytes)
        let result = try run(filesystem.command, on: file)
        #expect(result.status == 0, "\(result.output)")
        return (filesystem, file)
    }

    /// The header of an ext filesystem by field.
    private func superblock(_ file: FilePath) throws -> [String: String] {
        let lines = try runTool("/usr/sbin/dumpe2fs", ["-h", file.string]).output.split(separator: "\n")
        let pairs = lines.compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("dumpe2fs"), .tool("e2fsck")))
    func ext4HasExactlyTheFeaturesThatAreStated() async throws {
        try await withScratchDirectory { directory in
            let (plan, file) = try make("type: ext4, opts: '-i 4096 -J size=64'", in: directory)
            let header = try superblock(file)
            #expect(
                header["Filesystem features"]
                    == LayoutTests.ext4.replacing("none,", with: "").replacing(",", with: " "))
            #expect(header["Filesystem UUID"] == plan.uuid)
            #expect(header["Filesystem volume name"] == "Label")
            #expect(header["Block size"] == "4096")
            #expect(header["Inode size"] == "256")
            #expect(header["Inode count"] == "76800")
            #expect(header["Total journal size"] == "64M")
            #expect(header["Reserved block count"] == "3840")
            #expect(header["Default mount options"] == "user_xattr acl")
            #expect(header["Maximum mount count"] == "-1")
            #expect(try runTool("/usr/sbin/e2fsck", ["-fn", file.string]).status == 0)
        }
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("dumpe2fs")))
    func theUsersOptionsWinOverOurs() async throws {
        try await withScratchDirectory { directory in
            let options = "-O ^metadata_csum,^64bit -E resize=200000000 -b 1024 -m 0 -I 128 -N 4096"
            let (_, file) = try make("type: ext4, opts: '\(options)'", in: directory)
            let header = try superblock(file)
            let features = try #require(header["Filesystem features"]).split(separator: " ")
            #expect(!features.contains("metadata_csum") && !features.contains("64bit"))
            #expect(features.contains("extent") && features.contains("has_journal"))
            #expect(header["Block size"] == "1024")
            #expect(header["Inode size"] == "128")
            #expect(header["Reserved block count"] == "0")
            #expect(header["Inode count"].flatMap(Int.init).map { (4096...4800).contains($0) } == true)
        }
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("dumpe2fs")))
    func theSameSeedAndClockGiveTheSameBytes() async throws {
        try await withScratchDirectory { directory in
            let (_, plain) = try make("type: ext3", timestamp: 1_700_000_000, in: directory, name: "one")
            let (_, again) = try make("type: ext3", timestamp: 1_700_000_000, in: directory, name: "two")
            #expect(try Data(contentsOf: URL(filePath: plain.string)) == Data(contentsOf: URL(filePath: again.string)))
            let header = try superblock(plain)
            #expect(
                header["Filesystem features"]
                    == "has_journal ext_attr resize_inode dir_index filetype sparse_super large_file")
            #expect(header["Filesystem created"]?.contains("2023") == true)
        }
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("dumpe2fs")))
    func aFreshFileNeedsNoInodeTablesWritten() async throws {
        try await withScratchDirectory { directory in
            let (_, file) = try make("type: ext4, opts: '-i 4096 -J size=64'", size: .gibibytes(3), in: directory)
            let groups = try runTool("/usr/sbin/dumpe2fs", [file.string]).output.split(separator: "\n")
                .filter { $0.wholeMatch(of: /Group [0-9]+: .*/) != nil }
            #expect(groups.count == 24)
            #expect(groups.allSatisfy { $0.contains("ITABLE_ZEROED") })
            var status = stat()
            #expect(stat(file.string, &status) == 0)
            #expect(status.st_blocks * 512 < 4 << 20)
        }
    }

    @Test(.requires(.tool("mkfs.vfat"), .tool("fsck.vfat"), .tool("blkid")))
    func fatHasTheStatedIdentity() async throws {
        try await withScratchDirectory { directory in
            for (size, version) in [(ByteCount.mebibytes(64), "FAT16"), (.mebibytes(550), "FAT32")] {
                let (plan, file) = try make("type: vfat", size: size, in: directory)
                let facts = try runTool("/usr/sbin/blkid", ["-p", "-o", "export", file.string]).output
                #expect(facts.contains("LABEL=LABEL\n"))
                #expect(facts.contains("UUID=\(plan.uuid)\n"))
                #expect(facts.contains("VERSION=\(version)\n"))
                #expect(try runTool("/usr/sbin/fsck.vfat", ["-n", file.string]).status == 0)
            }
        }
    }

    @Test(.requires(.tool("mkswap"), .tool("blkid")))
    func swapHasTheStatedIdentity() async throws {
        try await withScratchDirectory { directory in
            let (plan, file) = try make("type: swap", in: directory)
            let facts = try runTool("/usr/sbin/blkid", ["-p", "-o", "export", file.string]).output
            #expect(facts.contains("LABEL=Label\n") && facts.contains("UUID=\(plan.uuid)\n"))
        }
    }

    @Test(.requires(.tool("sgdisk")))
    func everyPartitionTypeCodeMeansWhatSgdiskMeans() async throws {
        try await withScratchDirectory { directory in
            let file = directory.appending("disk")
            try makeSparseFile(file, bytes: 300 << 20)
            var arguments = ["-S", "256", file.string]
            for (index, code) in PartitionTypeCode.codes.enumerated() {
                arguments += ["-n", "\(index + 1):0:+1M", "-t", "\(index + 1):\(String(code, radix: 16))"]
            }
            #expect(try runTool("/usr/sbin/sgdisk", arguments).status == 0)
            let dump = try runTool("/usr/sbin/sfdisk", ["--dump", file.string]).output
            let types = dump.matches(of: /type=([0-9A-Fa-f-]+)/).map { $0.1.lowercased() }
            #expect(types == PartitionTypeCode.codes.compactMap { PartitionTypeCode.guid(for: String($0, radix: 16)) })
            #expect(types.count > 200)
        }
    }
}
