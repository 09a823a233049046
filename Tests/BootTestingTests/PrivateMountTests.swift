import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

/// Real file systems that only a kernel can change.
@Suite(.requires(.root, .loopDevices, .tool("sfdisk")), .timeLimit(.minutes(2))) struct PrivateMountTests {
    private func withDisk(
        _ kind: String, _ body: (ThrowawayDisk, _ folder: FilePath) async throws -> Void
    ) async throws {
        try await withScratchDirectory { folder in
            let options = kind == "xfs" ? "-f" : "-f -q"
            let script = """
                cd '\(folder)' && truncate -s 420M disk.raw && mkdir work &&
                printf 'label: gpt\\nsize=8M\\nstart=16MiB\\n' | sfdisk -q disk.raw &&
                truncate -s 400M part && mkfs.\(kind) \(options) -L second part >/dev/null &&
                dd if=part of=disk.raw bs=1M seek=16 conv=notrunc,sparse status=none && rm part
                """
            let made = try runTool("sh", ["-c", script])
            try #require(made.status == 0, "\(made.output)")
            try await body(ThrowawayDisk(of: folder.appending("disk.raw"), in: folder.appending("work")), folder)
        }
    }

    @Test(.requires(.tool("mkfs.xfs"), .tool("mkfs.btrfs")), arguments: ["xfs", "btrfs"])
    func filesAreReadAndReplacedAndNothingStaysMounted(kind: String) async throws {
        try await withDisk(kind) { disk, folder in
            let volume = try #require(disk.volumes.first)
            #expect(volume.offset == 16 << 20)
            #expect(volume.identity.kind.rawValue == kind)
            let access = GuestFilesystems(
                disk: disk, folder: folder, runner: SubprocessRunner(), tools: ToolPath(Environment()), attempt: "try")
            let local = folder.appending("local")
            try await access.with(volume) { files in
                #expect(try await files.read("/grub.cfg") == nil)
                #expect(try await files.read("/no/such/folder") == nil)
                #expect(try await files.hasDirectory("/"))
                #expect(try await !files.hasDirectory("/etc"))
                try await files.write("a long text\n", to: "/grub.cfg", through: local)
                try await files.write("new\n", to: "/grub.cfg", through: local)
            }
            #expect(try await access.with(volume) { try await $0.read("/grub.cfg") } == "new\n")
            let mounts = try MountTable.load().mounts.map(\.target)
            #expect(!mounts.contains { $0.starts(with: folder) })
            let isLetGo = try await eventually(within: .seconds(90)) {
                try !runTool("losetup", ["-a"]).output.contains(disk.path.string)
            }
            #expect(isLetGo)
        }
    }

    /// A link of the image that points to a file of the host: written is what the image has there.
    @Test(.requires(.tool("mkfs.xfs"))) func linksDoNotLeadOutOfTheImage() async throws {
        try await withDisk("xfs") { disk, folder in
            let outside = folder.appending("outside")
            try Data("host".utf8).write(to: URL(fileURLWithPath: outside.string))
            let volume = try #require(disk.volumes.first)
            let mount = PrivateMount(disk: disk.path, volume: volume, folder: folder)
            let place = folder.appending("mount")
            try await mount.with { files in
                try FileManager.default.createSymbolicLink(
                    atPath: place.appending("token").string, withDestinationPath: outside.string)
                #expect(try await files.read("/token") == nil)
                await #expect(throws: SystemError.self) {
                    try await files.write("guest", to: "/token", through: outside)
                }
            }
            #expect(try String(contentsOfFile: outside.string, encoding: .utf8) == "host")
        }
    }
}
