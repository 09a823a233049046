import Basics
import BlockDevices
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// Disks made for real: on loop devices, with mkfs, mounts and mtools.
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
        return LoopDiskHost(runner: runner, environment: environment, filling: MtoolsFilling(runner: runner))
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
            #expect(try loops(of: directory).isEmpty)

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
            #expect(try loops(of: directory).isEmpty)
            #expect(try mounts(in: directory).isEmpty)
            try await later.release(&disk)
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
