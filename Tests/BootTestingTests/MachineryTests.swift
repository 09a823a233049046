import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

/// The parts that need a tool each, but no system to boot.
@Suite(.timeLimit(.minutes(2))) struct MachineryTests {
    private let runner = SubprocessRunner()

    @Test(.requires(.tool("qemu-system-x86_64"))) func theProbesSectorGreetsUnderTranslation() async throws {
        try await withScratchDirectory { folder in
            #expect(AcceleratorProbe.sector.count == 512)
            let works = try await AcceleratorProbe(runner: runner).works(.tcg, in: folder, limit: .seconds(60))
            #expect(works)
        }
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("debugfs"), .tool("e2fsck")), arguments: [0, 1 << 20] as [UInt64])
    func filesAreReadAndReplacedInsideADisk(offset: UInt64) async throws {
        try await withScratchDirectory { folder in
            let disk = folder.appending("disk")
            let script = """
                mkdir -p '\(folder)/tree/etc' && printf old > '\(folder)/tree/etc/a b' && truncate -s 12M '\(disk)' &&
                mkfs.ext4 -q -F -E offset=\(offset) -d '\(folder)/tree' '\(disk)' 10M
                """
            let made = try runTool("sh", ["-c", script])
            try #require(made.status == 0, "\(made.output)")
            let filesystem = OfflineFilesystem(disk: disk, offset: offset, runner: runner)
            #expect(try await filesystem.read("/etc/a b") == "old")
            #expect(try await filesystem.read("/etc/none") == nil)
            #expect(try await filesystem.hasDirectory("/etc"))
            #expect(try await !filesystem.hasDirectory("/etc/a b"))
            try await filesystem.write("new\n", to: "/etc/a b", through: folder.appending("local"))
            try await filesystem.write("token", to: "/.token", through: folder.appending("local"))
            #expect(try await filesystem.read("/etc/a b") == "new\n")
            #expect(try await filesystem.read("/.token") == "token")
            let volume = offset == 0 ? disk.string : "\(disk)?offset=\(offset)"
            #expect(try runTool("e2fsck", ["-fn", volume]).status == 0)
        }
    }

    @Test(.requires(.tool("mkfs.ext4"), .tool("debugfs"))) func aWriteThatDidNotHappenIsNoticed() async throws {
        try await withScratchDirectory { folder in
            let disk = folder.appending("disk")
            try #require(
                try runTool("sh", ["-c", "truncate -s 4M '\(disk)' && mkfs.ext4 -q -F '\(disk)'"]).status == 0)
            let filesystem = OfflineFilesystem(disk: disk, offset: 0, runner: runner)
            let error = await #expect(throws: BootTestError.self) {
                try await filesystem.write("x", to: "/no/such/folder", through: folder.appending("local"))
            }
            #expect(error?.kind == .toolFailed)
        }
    }

    @Test(
        .requires(.tool("sfdisk"), .tool("mkfs.ext4"), .tool("qemu-img")), arguments: ["raw", "qcow2"])
    func aThrowawayDiskKnowsItsFileSystemsAndIsACopy(format: String) async throws {
        try await withScratchDirectory { folder in
            let script = """
                cd '\(folder)' && truncate -s 40M disk.raw && printf 'start=2048,size=20480\\nstart=24576\\n' | sfdisk -q disk.raw &&
                mkfs.ext4 -q -F -L second -E offset=$((24576 * 512)) disk.raw 16M && mkdir work &&
                qemu-img convert -f raw -O \(format) disk.raw image && cp image before
                """
            let made = try runTool("sh", ["-c", script])
            try #require(made.status == 0, "\(made.output)")
            let disk = try ThrowawayDisk(of: folder.appending("image"), in: folder.appending("work"))
            #expect(disk.isPartitioned)
            #expect(disk.volumes.map(\.offset) == [24576 * 512])
            #expect(disk.volumes.map(\.identity.label) == ["second"])
            let same = "cmp '\(folder)/disk.raw' '\(disk.path)' && cmp '\(folder)/image' '\(folder)/before'"
            #expect(try runTool("sh", ["-c", same]).status == 0)
        }
    }

    @Test func aMissingToolIsSaidWithWhatToInstall() async throws {
        var request = BootTestRequest(image: "/nonexistent.raw")
        request.timeLimit = .seconds(5)
        let tester = BootTester(runner: runner, environment: Environment(["PATH": "/nonexistent"]))
        let error = await #expect(throws: BootTestError.self) { try await tester.run(request) }
        #expect(
            error?.description
                == "cannot boot-test '/nonexistent.raw': 'qemu-system-x86_64' is not installed\n"
                + "hint: apt-get install qemu-system-x86")
    }

    @Test(.requires(.tool("xorriso"))) func aSeedHoldsWhatCloudInitLooksFor() async throws {
        try await withScratchDirectory { folder in
            let seed = SeedImage(userData: "#!/bin/sh\n", instanceIdentifier: "iid-1")
            let image = try await seed.write(in: folder, maker: .xorriso, runner: runner)
            #expect(try runTool("blkid", ["-p", "-o", "value", "-s", "LABEL", image.string]).output == "CIDATA\n")
            let list = try runTool("xorriso", ["-indev", image.string, "-find", "/", "-type", "f"]).output
            #expect(list.contains("'/meta-data'") && list.contains("'/user-data'"))
        }
    }
}
