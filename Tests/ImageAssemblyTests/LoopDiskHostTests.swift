import Basics
import BlockDevices
import DiskFormats
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// Disks made for real: on loop devices, with mkfs, mounts and our FAT writer, read by mtools.
@Suite(.serialized, .requires(.root, .loopDevices, .tool("mkfs.ext4"), .tool("mkfs.vfat"), .tool("mcopy")))
struct LoopDiskHostTests {
    private static let document = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: ESP, type: EF00, size: 40MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
              - {name: BSP, type: EF02, size: 8MiB}
              - {name: boot, size: 32MiB, mkfs: {type: ext2, mount: {mount_point: /boot, fstab: {}}}}
              - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /, fstab: {fsck-passno: 1}}}}
        """

    private func layout(in directory: FilePath, _ document: String = document) throws -> BlockDeviceLayout {
        let parameters = BlockDeviceParameters(
            imageSize: .mebibytes(192), imageDirectory: directory.string, mountBase: directory.appending("mnt").string,
            offlineTypes: ["vfat"])
        var random = SeededGenerator(seed: 1)
        return try BlockDeviceLayout(
            BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters), using: &random)
    }

    private func host() -> LoopDiskHost {
        let runner = SubprocessRunner()
        let environment = Environment(ProcessInfo.processInfo.environment)
        return LoopDiskHost(runner: runner, environment: environment, filling: FATFilling())
    }

    /// What losetup knows of the images in a directory.
    private func loops(of directory: FilePath) throws -> [String] {
        try runTool("losetup", ["--noheadings", "--output", "NAME,BACK-FILE,OFFSET"]).output
            .split(separator: "\n").map(String.init).filter { $0.contains(directory.string) }
    }

    private func mounts(in directory: FilePath) throws -> [MountTable.Entry] {
        try MountTable.load().mounts(below: directory)
    }

    @Test func aDiskIsFilledThroughMountsAndInTheFileAlike() async throws {
        try await withScratchDirectory { directory in
            let activation = BlockDeviceActivation(host: host())
            var disk = try await activation.create(layout(in: directory))
            let root = directory.appending("mnt")
            #expect(
                try mounts(in: directory).map { "\($0.type) \($0.target.string.dropFirst(root.string.count))" }
                    == ["ext4 ", "ext2 /boot", "tmpfs /boot/efi"])
            for (path, text) in [("boot/efi/EFI/BOOT/A.TXT", "in the ESP"), ("boot/k", "kernel"), ("etc/x", "root")] {
                let file = root.appending(path)
                try FileManager.default.createDirectory(
                    atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
                try text.write(toFile: file.string, atomically: false, encoding: .utf8)
            }
            try await activation.release(&disk)
            #expect(try mounts(in: directory).isEmpty)
            #expect(try await eventually(within: .seconds(90)) { try loops(of: directory).isEmpty })

            let image = directory.appending("image0.raw").string
            func file(_ partition: String, _ path: String) throws -> String {
                let window = try #require(disk.layout.device(partition))
                return try runTool("debugfs", ["-R", "cat \(path)", "\(image)?offset=\(window.offset)"]).output
            }
            #expect(try file("root", "/etc/x").hasSuffix("root"))
            #expect(try file("boot", "/k").hasSuffix("kernel"))
            let window = try #require(disk.layout.device("ESP"))
            let esp = try runTool("mtype", ["-i", "\(image)@@\(window.offset)", "::/EFI/BOOT/A.TXT"])
            #expect(esp == ToolResult(status: 0, output: "in the ESP"))
            // Nothing of the ESP has come into the filesystem below it.
            let below = try file("boot", "/efi/EFI/BOOT/A.TXT")
            #expect(below.contains("File not found"))
        }
    }

    @Test func whatDoesNotFitIsNoticedWhileItIsWritten() async throws {
        try await withScratchDirectory { directory in
            let activation = BlockDeviceActivation(host: host())
            let disk = try await activation.create(layout(in: directory))
            let file = directory.appending("mnt/boot/efi/large")
            let result = try runTool("dd", ["if=/dev/zero", "of=\(file)", "bs=1M", "count=41"])
            #expect(result.output.contains("No space left on device"))
            try await activation.delete(disk)
            #expect(try mounts(in: directory).isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.string) == ["mnt"])
        }
    }

    @Test func whatAFATCannotHoldFailsTheReleaseByNameAndByNumbers() async throws {
        try await withScratchDirectory { directory in
            let activation = BlockDeviceActivation(host: host())
            var disk = try await activation.create(layout(in: directory))
            let link = directory.appending("mnt/boot/efi/link").string
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "nowhere")
            let named = await #expect(throws: AssemblyError.self) { try await activation.release(&disk) }
            #expect(
                named?.message == "cannot fill the vfat filesystem of '/boot/efi': 'link' is a symbolic link")
            #expect(named?.hint == "keep such files out of '/boot/efi' of the image")
            try FileManager.default.removeItem(atPath: link)
            // It fits the stand-in, but not with FAT's tables.
            let file = directory.appending("mnt/boot/efi/large").string
            let written = try runTool("dd", ["if=/dev/zero", "of=\(file)", "bs=1k", "count=\(40 * 1024 - 8)"])
            #expect(written.status == 0, "\(written.output)")
            let full = await #expect(throws: AssemblyError.self) { try await activation.release(&disk) }
            #expect(full?.message.contains("/boot/efi': no space left: the files take 41934848 bytes") == true)
            #expect(full?.hint == "give its partition a larger 'size' in the block-device configuration")
            try await activation.delete(disk)
            #expect(try mounts(in: directory).isEmpty)
        }
    }

    @Test func aToolThatFailsLeavesNothing() async throws {
        try await withScratchDirectory { directory in
            let broken = Self.document.replacing("type: ext4, mount", with: "type: ext4, opts: --frobnicate, mount")
            let activation = BlockDeviceActivation(host: host())
            let error = await #expect(throws: AssemblyError.self) {
                _ = try await activation.create(layout(in: directory, broken))
            }
            #expect(error?.message.hasPrefix("mkfs -t ext4") == true)
            let left = try (loops(of: directory), FileManager.default.contentsOfDirectory(atPath: directory.string))
            #expect(left == ([], []))
        }
    }

    @Test func keptDevicesAreReleasedByAnotherHost() async throws {
        try await withScratchDirectory { directory in
            let first = host()
            let activation = BlockDeviceActivation(host: first)
            let made = try await activation.create(layout(in: directory))
            try first.keepDevices()
            #expect(try loops(of: directory).count == 5)
            let json = try JSONEncoder().encode(made)
            var disk = try JSONDecoder().decode(ActiveDisk.self, from: json)
            #expect(disk == made)
            let later = BlockDeviceActivation(host: host())
            try await later.release(&disk)
            #expect(try await eventually(within: .seconds(90)) { try loops(of: directory).isEmpty })
            #expect(try mounts(in: directory).isEmpty)
            try await later.release(&disk)
        }
    }

    @Test(.requires(.tool("mkfs.xfs"), .tool("mkfs.btrfs")))
    func everyTypeOfFilesystemIsWhatWasPlanned() async throws {
        let types = [
            "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "msdos", "swap", "{type: ext4, opts: -O ^has_journal -m 1}",
        ]
        let partitions = types.enumerated().map { index, type in
            "{name: p\(index), size: 320MiB, mkfs: \(type.hasPrefix("{") ? type : "{type: \(type)}")}"
        }
        for (sector, label) in [(512, "gpt"), (4096, "gpt"), (512, "mbr")] {
            try await withScratchDirectory { directory in
                let document = """
                    - local_loop: {name: image0, size: 4GiB, block_size: \(sector)}
                    - partitioning: {base: image0, label: \(label), partitions: [\(partitions.joined(separator: ", "))]}
                    """
                let activation = BlockDeviceActivation(host: host())
                var disk = try await activation.create(layout(in: directory, document))
                // What is on the disk, from outside.
                for filesystem in disk.layout.filesystems {
                    let device = try #require(disk.device(filesystem.device)).path
                    let tags = try runTool("blkid", ["-p", "-o", "export", device]).output
                    #expect(tags.contains("\nLABEL=\(filesystem.label)\n"), "\(tags)")
                    #expect(tags.contains("\nUUID=\(filesystem.uuid)\n"), "\(tags)")
                }
                try await activation.release(&disk)
            }
        }
    }

    /// What was there and is gone must not be carried into every format: only holes are free to read.
    @Test(
        .requires(.tool("fstrim"), .tool("mkfs.xfs"), .tool("mkfs.btrfs")),
        arguments: [("ext4", 512), ("xfs", 512), ("btrfs", 512), ("ext4", 4096)])
    func whatWasDeletedIsAHoleOfTheImage(type: String, sector: Int) async throws {
        try await withScratchDirectory { directory in
            let document = """
                - local_loop: {name: image0, size: 640MiB, block_size: \(sector)}
                - partitioning:
                    {base: image0, label: gpt, partitions: [{name: root, size: 100%, mkfs: {type: \(type), mount: {mount_point: /}}}]}
                """
            let activation = BlockDeviceActivation(host: host())
            var disk = try await activation.create(layout(in: directory, document))
            let (kept, gone) = (directory.appending("mnt/kept").string, directory.appending("mnt/gone").string)
            for (file, count) in [(kept, 8), (gone, 128)] {
                let written = try runTool(
                    "dd", ["if=/dev/urandom", "of=\(file)", "bs=1M", "count=\(count)", "conv=fsync", "status=none"])
                #expect(written.status == 0, "\(written.output)")
            }
            let image = try ImageFile.open(directory.appending("image0.raw"))
            let before = try image.allocatedSize()
            #expect(before > 136 << 20)
            try FileManager.default.removeItem(atPath: gone)
            try await activation.release(&disk)
            #expect(try image.allocatedSize() < before - (126 << 20))
            let data = try RawImage(image.path).dataRanges().reduce(0) { $0 + $1.upperBound - $1.lowerBound }
            #expect(data < 64 << 20 && data > 8 << 20)
        }
    }

    @Test func aMkfsThatDoesSomethingElseFailsTheBuild() async throws {
        try await withScratchDirectory { directory in
            // A mkfs that takes the label for its own.
            let tools = directory.appending("bin")
            try FileManager.default.createDirectory(atPath: tools.string, withIntermediateDirectories: true)
            let script = "#!/bin/sh\nfor device; do :; done\nexec /sbin/mkfs.ext4 -q -F -L other \"$device\"\n"
            try script.write(toFile: tools.appending("mkfs").string, atomically: false, encoding: .utf8)
            #expect(chmod(tools.appending("mkfs").string, 0o755) == 0)
            let runner = SubprocessRunner()
            let environment = Environment(["PATH": "\(tools):/usr/sbin:/usr/bin:/sbin:/bin"])
            let host = LoopDiskHost(runner: runner, environment: environment, filling: FATFilling())
            let document = "- local_loop: {name: image0, mkfs: {type: ext4, label: mine}}"
            let error = await #expect(throws: AssemblyError.self) {
                _ = try await BlockDeviceActivation(host: host).create(layout(in: directory, document))
            }
            #expect(error?.message.contains("not as planned: its label is 'other', not 'mine', its UUID is") == true)
            let left = try (loops(of: directory), FileManager.default.contentsOfDirectory(atPath: directory.string))
            #expect(left == ([], ["bin"]))
        }
    }

    @Test func mountPointsKeepTheModeAndOwnerOfTheTree() async throws {
        try await withScratchDirectory { directory in
            let points = ["/", "/home", "/tmp", "/var", "/var/log", "/srv/a b"]
            let partitions = points.enumerated().map { index, point in
                "{name: p\(index), size: 16MiB, mkfs: {type: ext2, mount: {mount_point: '\(point)', fstab: {}}}}"
            }
            let document = """
                - local_loop: {name: image0}
                - partitioning: {base: image0, label: gpt, partitions: [\(partitions.joined(separator: ", "))]}
                """
            let tree = directory.appending("built")
            let modes = ["/home": "2750", "/tmp": "1777", "/var": "0711", "/var/log": "0700", "/": "0751"]
            for (path, mode) in modes.sorted(by: { $0.key < $1.key }) {
                let place = tree.string + path
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
                #expect(chown(place, 1000, 1001) == 0)
                #expect(chmod(place, mode_t(mode, radix: 8) ?? 0) == 0)
            }
            let activation = BlockDeviceActivation(host: host())
            var disk = try await activation.create(layout(in: directory, document))
            let root = directory.appending("mnt")
            #expect(
                try mounts(in: directory).map(\.target.string)
                    == points.sorted().map {
                        root.string + ($0 == "/" ? "" : $0)
                    })
            try await TreeCopy(from: tree, to: root).run(SubprocessRunner())
            for (path, mode) in modes {
                let status = try runTool("stat", ["-c", "%04a %u %g", root.string + path]).output
                #expect(status == "\(mode) 1000 1001\n", "\(path)")
            }
            // No mount point in the tree: one that everyone may enter.
            #expect(try runTool("stat", ["-c", "%04a %u", root.string + "/srv/a b"]).output == "0755 0\n")
            try await activation.release(&disk)
            #expect(disk.layout.fstab.contains(" /srv/a\\040b ext2 "))
        }
    }

    @Test func anImageThatExistsIsNotTouched() async throws {
        try await withScratchDirectory { directory in
            let image = directory.appending("image0.raw").string
            try "precious".write(toFile: image, atomically: false, encoding: .utf8)
            await #expect(throws: SystemError.self) {
                _ = try await BlockDeviceActivation(host: host()).create(layout(in: directory))
            }
            #expect(try String(contentsOfFile: image, encoding: .utf8) == "precious")
        }
    }
}
