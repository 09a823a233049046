import Basics
import DiskFormats
import Foundation
import LinuxOS
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import BootTesting

/// Real boots of a sample system, and boots that must not pass.
///
/// `INGOT_BOOT_TESTS=1 swift test --filter BootTests`.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .tool("qemu-system-x86_64"), .tool("mmdebstrap"), .tool("sfdisk"),
        .tool("mkfs.ext4"), .tool("debugfs")),
    .timeLimit(.minutes(30)))
struct BootTesterTests {
    private let tester = BootTester(
        runner: SubprocessRunner(), environment: Environment(ProcessInfo.processInfo.environment))

    private func withSystem(_ name: String = #function, _ body: (SampleSystem) async throws -> Void) async throws {
        try await withScratchDirectory(name) { folder in try await body(SampleSystem(in: folder)) }
    }

    @Test(arguments: SampleSystem.Layout.allCases)
    func aDiskWithOurBootCodeReachesItsRootAndStaysAsItIs(layout: SampleSystem.Layout) async throws {
        try await withSystem { system in
            let disk = try system.disk(layout)
            let before = try FileDigest.compute(of: disk)
            let report = try await tester.run(BootTestRequest(image: disk))
            #expect(report.passed && report.rootIsVerified, "\(report)")
            #expect(report.milestones.map(\.name) == [.bootLoader, .kernel, .initialProcess, .proof])
            #expect(report.log == nil)
            #expect(try FileDigest.compute(of: disk) == before)
        }
    }

    @Test(.requires(.tool("qemu-img"))) func aQcow2ImageComesUpWithoutFailedUnits() async throws {
        try await withSystem { system in
            let disk = try system.disk(.mbr)
            let image = system.folder.appending("image.qcow2")
            try SampleSystem.shell("qemu-img convert -O qcow2 '\(disk)' '\(image)'")
            var request = BootTestRequest(image: image)
            request.level = .system
            request.timeLimit = .seconds(600)
            let report = try await tester.run(request)
            #expect(report.passed, "\(report)")
        }
    }

    @Test func aBareFileSystemBootsWithItsKernel() async throws {
        try await withSystem { system in
            var request = BootTestRequest(image: try system.filesystem())
            await #expect(throws: BootTestError.self) { try await tester.run(request) }
            request.kernel = system.tree.appending("vmlinuz")
            request.initrd = system.tree.appending("initrd.img")
            let report = try await tester.run(request)
            #expect(report.passed && report.rootIsVerified, "\(report)")
            #expect(report.milestones.map(\.name) == [.kernel, .initialProcess, .proof])
        }
    }

    @Test func aDiskWithoutBootCodeFailsInTimeAndLeavesItsLog() async throws {
        try await withSystem { system in
            var request = BootTestRequest(image: try system.disk(.mbr, bootCode: false))
            request.timeLimit = .seconds(30)
            request.log = system.folder.appending("serial.log")
            let report = try await tester.run(request)
            #expect(!report.passed)
            #expect(report.milestones == [])
            #expect(report.lastLines.contains { $0.contains("Booting from Hard Disk") })
            #expect(report.log == request.log?.string)
            #expect(try String(contentsOfFile: report.log ?? "", encoding: .utf8).contains("SeaBIOS"))
        }
    }

    @Test func aDiskWithoutGrubsFilesFailsAtOnce() async throws {
        try await withSystem { system in
            try SampleSystem.shell("mv '\(system.tree)/boot/grub/i386-pc' '\(system.tree)/boot/grub/elsewhere'")
            let modules = system.tree.appending("boot/grub/elsewhere")
            let disk = try system.disk(.mbr, bootCode: false)
            try GrubBootCode.install(
                bootImage: system.tree.appending("usr/lib/grub/i386-pc/boot.img"),
                coreImage: modules.appending("core.img"), disk: disk)
            var request = BootTestRequest(image: disk)
            request.log = system.folder.appending("serial.log")
            let report = try await tester.run(request)
            #expect(report.failure == "GRUB did not find its files")
        }
    }

    /// A guest that answers the question of one run, and a host that asked another: both secrets must agree.
    @Test func theProofOfAnotherRunNeverPasses() async throws {
        try await withSystem { system in
            let work = system.folder.appending("work")
            try FileManager.default.createDirectory(atPath: work.string, withIntermediateDirectories: true)
            let preparation = BootPreparation(
                request: BootTestRequest(image: try system.disk(.mbr)), folder: work, runner: SubprocessRunner(),
                tools: ToolPath(Environment(ProcessInfo.processInfo.environment)))
            var generator = SystemRandomNumberGenerator()
            let prepared = try await preparation.run(using: &generator)
            let other = try BootProof(level: .root, hasToken: true, using: &generator)
            let watch = Mutex(SerialWatch(proof: other))
            let limit = Duration.seconds(300)
            let run = WatchedRun(runner: SubprocessRunner(), command: prepared.machine.command(timeLimit: limit))
            let ending = try await run.run(limit: limit) { line, seconds in
                watch.withLock { $0.feed(line, at: seconds) }
            }
            guard case .decided(.failed(let reason)) = ending else {
                Issue.record("\(ending)")
                return
            }
            #expect(reason.hasPrefix("the guest runs on another root file system, or was asked by another test"))
        }
    }
}
