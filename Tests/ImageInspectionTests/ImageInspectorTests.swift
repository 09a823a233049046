import Basics
import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import ImageInspection

private let makers: [HostAbility] = [
    "sfdisk", "mkfs.vfat", "mcopy", "mke2fs", "mkfs.xfs", "mkfs.btrfs", "mkswap", "blkid",
]
.map { .tool($0) }

@Suite(.enabled(if: makers.allSatisfy(\.isPresent), "needs sfdisk, mkfs and mtools"))
struct ImageInspectorTests {
    private func describe(_ path: FilePath) throws -> ImageDescription {
        try ImageInspector(DiskImage(path)).describe()
    }

    @Test func aDiskIsDescribedPartByPart() async throws {
        try await withScratchDirectory { root in
            let disk = try SampleDisk(at: root.appending("disk.raw"))
            let result = try describe(disk.path)
            #expect(result.format == "raw" && result.virtualSize == .mebibytes(720))
            #expect(result.fileSize == .mebibytes(720) && result.allocatedSize < .mebibytes(200))
            #expect(
                result.table
                    == .init(
                        label: .gpt, identifier: "11111111-2222-4333-8444-555555555555".uppercased(), sectorSize: 512))
            #expect(result.partitions.map(\.number) == [1, 2, 3, 4, 5, 6, 7])
            #expect(
                result.partitions.map(\.typeName) == [
                    "BIOS boot", "EFI system", "Linux filesystem", "Linux filesystem", "Linux filesystem", "Linux swap",
                    "Linux filesystem",
                ])
            #expect(result.partitions.map(\.name) == ["bios", "esp", "root", "data", nil, nil, "empty"])
            #expect(result.partitions.map(\.isBootable) == [false, false, true, false, false, false, false])
            #expect(result.partitions.map(\.filesystem?.type) == [nil, "vfat", "ext4", "xfs", "btrfs", "swap", nil])
            #expect(
                result.boot.loaders == ["EFI/BOOT/BOOTX64.EFI", "EFI/debian/a-long-name-of-a-loader.efi"])
            #expect(result.boot.bios == nil)
            #expect(
                result.systems.first
                    == .init(
                        partition: 3, name: "Sample Linux 7 (test)", identifier: "sample", version: "7",
                        kernels: ["6.1.0-9-amd64", "6.12.3"]))
            #expect(
                result.systems.dropFirst().map(\.problem) == [
                    "files of xfs are not read", "files of btrfs are not read",
                ])
        }
    }

    @Test func labelsIdentifiersAndTypesAreWhatBlkidSays() async throws {
        try await withScratchDirectory { root in
            let disk = try SampleDisk(at: root.appending("disk.raw"))
            for partition in try describe(disk.path).partitions {
                let values = try ["TYPE", "LABEL", "UUID"].map { key in
                    try runTool(
                        "blkid",
                        [
                            "-p", "-O", "\(partition.start.bytes)", "-S", "\(partition.size.bytes)", "-o", "value",
                            "-s", key,
                            disk.path.string,
                        ]
                    ).output.trimmingCharacters(in: .newlines)
                }
                let ours = partition.filesystem
                #expect([ours?.type ?? "", ours?.label ?? "", ours?.identifier ?? ""] == values)
            }
        }
    }

    @Test func sizesAndUseAreThoseOfTheFileSystems() async throws {
        try await withScratchDirectory { root in
            let disk = try SampleDisk(at: root.appending("disk.raw"))
            let parts = try describe(disk.path).partitions
            #expect(parts[2].filesystem?.size == .mebibytes(64) && parts[3].filesystem?.size == .mebibytes(350))
            #expect(parts[4].filesystem?.size == .mebibytes(128))
            let ext = root.appending("ext4").string
            _ = try runTool("dd", ["if=\(disk.path)", "of=\(ext)", "bs=1M", "skip=50", "count=64"])
            let report = try runTool("dumpe2fs", ["-h", ext]).output
            let free = report.split(separator: "\n").first { $0.hasPrefix("Free blocks:") }
            let size = report.split(separator: "\n").first { $0.hasPrefix("Block size:") }
            func number(_ line: Substring?) -> UInt64? { line?.split(separator: " ").last.flatMap { UInt64($0) } }
            let expected = number(free).flatMap { free in number(size).map { (64 << 20) - free * $0 } }
            #expect(parts[2].filesystem?.used?.bytes == expected)
            // What mkfs.vfat has written: FATs, and the clusters of the directories and files.
            #expect(parts[1].filesystem?.used.map { $0 > .kibibytes(256) && $0 < .mebibytes(2) } == true)
        }
    }

    /// mtools counts the free bytes itself.
    @Test("what a FAT has in use is what mdir leaves", arguments: [(12, 1440), (16, 20000), (32, 40000)])
    func useOfFAT(width: Int, kibibytes: UInt64) async throws {
        try await withScratchDirectory { root in
            let path = root.appending("x").string
            let script = """
                mkfs.vfat -F \(width) -s 1 -C '\(path)' \(kibibytes) >'\(root)/log'
                mmd -i '\(path)' ::/EFI && head -c 70000 /dev/urandom >'\(root)/file' && mcopy -i '\(path)' '\(root)/file' ::/EFI/x
                minfo -i '\(path)' :: | grep -c 'free clusters' >/dev/null || true
                mdir -i '\(path)' ::/ | sed -n 's/ bytes free//p' | tr -d ' \\n'
                """
            let free = try runTool("bash", ["-euc", script])
            let expected = try #require(UInt64(free.output), "\(free.output)")
            let filesystem = try describe(FilePath(path)).filesystem
            #expect(filesystem?.version == "FAT\(width)" && filesystem?.size == .kibibytes(kibibytes))
            #expect(filesystem?.used.map { kibibytes << 10 - $0.bytes } == expected)
        }
    }

    @Test(
        "the same is seen through every format", .requires(.tool("qemu-img")),
        arguments: ["qcow2", "vpc", "vmdk", "vdi", "vhdx"])
    func otherFormats(name: String) async throws {
        try await withScratchDirectory { root in
            let disk = try SampleDisk(at: root.appending("disk.raw"))
            let path = root.appending("disk.\(name)")
            // vpc otherwise rounds the size up to whole cylinders.
            let options = name == "vpc" ? ["-o", "force_size=on"] : name == "qcow2" ? ["-c"] : []
            #expect(
                try runTool("qemu-img", ["convert", "-O", name] + options + [disk.path.string, path.string]).status == 0
            )
            var expected = try describe(disk.path)
            let result = try describe(path)
            #expect(result.format == (name == "vpc" ? "vhd" : name))
            (expected.file, expected.format) = (result.file, result.format)
            (expected.fileSize, expected.allocatedSize) = (result.fileSize, result.allocatedSize)
            #expect(result == expected)
        }
    }

    @Test func aFileSystemWithoutATableIsOneToo() async throws {
        try await withScratchDirectory { root in
            let path = root.appending("x")
            let script = """
                truncate -s 8M '\(path)' && mkdir -p '\(root)/t' && touch '\(root)/t/vmlinuz-5.4' &&
                mke2fs -q -t ext2 -L lonely -d '\(root)/t' '\(path)'
                """
            #expect(try runTool("bash", ["-c", script]).status == 0)
            let result = try describe(path)
            #expect(result.table == nil && result.tableProblem == nil && result.partitions.isEmpty)
            #expect(result.filesystem?.type == "ext2" && result.filesystem?.label == "lonely")
            #expect(result.systems == [.init(partition: 0, kernels: ["5.4"])])
            #expect(try runTool("mkfs.vfat", ["-n", "FLOPPY", "-C", "\(root)/f", "1440"]).status == 0)
            let floppy = try describe(root.appending("f"))
            #expect(floppy.table == nil && floppy.filesystem?.label == "FLOPPY" && floppy.boot.bios == nil)
        }
    }

    @Test func aMasterBootRecordHasLogicalPartitionsAndItsBootCodeIsNamed() async throws {
        try await withScratchDirectory { root in
            let path = root.appending("x").string
            let script = """
                truncate -s 64M '\(path)'
                printf 'label: dos\\nlabel-id: 0xdecafbad\\n2048,2048,83,*\\n4096,,5\\n,8192,82\\n,,8e\\n' | sfdisk -q '\(path)'
                printf 'xxGRUB' | dd of='\(path)' bs=1 seek=200 conv=notrunc status=none
                printf '\\x01' | dd of='\(path)' bs=1 seek=92 conv=notrunc status=none
                printf core | dd of='\(path)' bs=512 seek=1 conv=notrunc status=none
                """
            #expect(try runTool("bash", ["-euc", script]).output == "")
            let result = try describe(FilePath(path))
            #expect(result.table?.identifier == "decafbad" && result.table?.label == .mbr)
            #expect(result.partitions.map(\.number) == [1, 2, 5, 6])
            #expect(result.partitions.map(\.typeName) == ["Linux", "extended", "Linux swap", "Linux LVM"])
            #expect(result.partitions[0].isBootable)
            #expect(result.boot.bios == "GRUB" && result.boot.coreSector == 1)
        }
    }

    @Test func aTableForLargeSectorsIsRead() async throws {
        try await withScratchDirectory { root in
            let path = root.appending("x").string
            let script = """
                truncate -s 64M '\(path)'
                printf 'label: gpt\\nsector-size: 4096\\nstart=256,size=1024,name=big\\n' | sfdisk -q --sector-size 4096 '\(path)'
                """
            guard try runTool("bash", ["-euc", script]).status == 0 else { return }
            let result = try describe(FilePath(path))
            #expect(result.table?.sectorSize == 4096)
            #expect(
                result.partitions.map(\.start) == [.mebibytes(1)] && result.partitions.map(\.size) == [.mebibytes(4)])
        }
    }

    @Test func emptyAndTinyFilesAreJustThat() async throws {
        try await withScratchDirectory { root in
            for size in [0, 1, 511, 512, 1023, 4096, 3 << 20] {
                let path = root.appending("x\(size)")
                try Data(count: size).write(to: URL(fileURLWithPath: path.string))
                let result = try describe(path)
                #expect(result.virtualSize.bytes == UInt64(size) && result.table == nil && result.filesystem == nil)
            }
        }
    }
}
