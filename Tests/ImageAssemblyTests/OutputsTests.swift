import Basics
import DiskFormats
import Elements
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// The small parts around hooks and outputs, by their command lines and their decisions.
@Suite struct OutputsTests {
    @Test(
        "options go to the formats that have them, and nothing else passes the plan",
        arguments: [
            ("qcow2", "compat=0.10", nil), ("raw,qcow2,vhd", "compat=0.10", nil), ("raw,tar", "compat=0.10", nil),
            ("vmdk,vhdx", "adapter_type=lsilogic,block_size=2M", nil), ("qed", "cluster_size=64k", nil),
            ("qcow2", "nonsense=1", "cannot honour image option 'nonsense=1': there is no such option of qcow2"),
            ("vdi", "compat=0.10", "cannot honour image option 'compat=0.10': there is no such option of vdi"),
            ("qcow2", "nonsense", "cannot honour image option 'nonsense': it is not of the form key=value"),
            ("vhd", "subformat=odd", "cannot honour image option 'subformat=odd': choose from dynamic, fixed"),
            (
                "vmdk", "subformat=monolithicFlat",
                "cannot honour image option 'subformat=monolithicFlat': that is an image of several files; only one is "
                    + "published"
            ),
        ])
    func plannedOptions(formats: String, options: String, refusal: String?) throws {
        var request = BuildRequest(mode: .disk, environment: Environment(), machine: "x86_64")
        request.formats = try formats.split(separator: ",").map { try #require(OutputFormat(String($0))) }
        request.qemuImgOptions = options
        if let refusal {
            let error = #expect(throws: PlanError.self) { try DiskConversion.validate(request) }
            #expect(error?.message == refusal)
        } else {
            try DiskConversion.validate(request)
        }
    }

    private func conversion(
        _ formats: [OutputFormat], of disk: FilePath, in directory: FilePath, options: String? = nil,
        runner: RecordingRunner = RecordingRunner()
    ) -> DiskConversion {
        DiskConversion(
            disk: disk, outputs: formats.map { .init(format: $0, target: directory.appending("x.\($0.name)")) },
            compresses: true, options: options, runner: runner)
    }

    @Test func whatWeDoNotWriteIsQemuImgsWork() async throws {
        try await withScratchDirectory { root in
            try write(["disk": "bytes"], below: root)
            let runner = RecordingRunner()
            let formats: [OutputFormat] = [.qcow2, .qemu("qed"), .qemu("vhd"), .raw]
            let conversion = conversion(
                formats, of: root.appending("disk"), in: root, options: "table_size=4,compat=0.10", runner: runner)
            _ = try await conversion.write(progress: { _ in }, onLine: { _ in })
            #expect(runner.lines == ["qemu-img convert -f raw -O qed -o table_size=4 \(root)/disk \(root)/x.qed"])
            #expect(try names(in: root) == ["x.qcow2", "x.raw", "x.vhd"])
        }
    }

    @Test func aRawDiskIsMovedNotCopied() async throws {
        try await withScratchDirectory { root in
            try write(["disk": "bytes"], below: root)
            let before = try FileManager.default.attributesOfItem(atPath: root.appending("disk").string)
            let digests = try await conversion([.raw], of: root.appending("disk"), in: root).write(
                withDigests: true, progress: { _ in }, onLine: { _ in })
            #expect(try names(in: root) == ["x.raw"])
            let after = try FileManager.default.attributesOfItem(atPath: root.appending("x.raw").string)
            #expect(before[.systemFileNumber] as? Int == after[.systemFileNumber] as? Int)
            #expect(digests == [try FileDigest.compute(of: root.appending("x.raw"))])
        }
    }

    @Test func aDiskOnAnotherFileSystemIsCopiedInTheSamePass() async throws {
        try await withScratchDirectory { root in
            let disk = FilePath("/dev/shm/ingot-test-\(getpid())-disk")
            defer { unlink(disk.string) }
            try Data("bytes".utf8).write(to: URL(fileURLWithPath: disk.string))
            let digests = try await conversion([.raw, .qemu("vdi")], of: disk, in: root).write(
                withDigests: true, progress: { _ in }, onLine: { _ in })
            #expect(try digests == ["x.raw", "x.vdi"].map { try FileDigest.compute(of: root.appending($0)) })
            #expect(try names(in: root) == ["x.raw", "x.vdi"])
            #expect(try Data(contentsOf: URL(fileURLWithPath: root.appending("x.raw").string)) == Data("bytes".utf8))
        }
    }

    @Test func oneOutputThatFailsLeavesNone() async throws {
        try await withScratchDirectory { root in
            try write(["disk": "bytes"], below: root)
            let conversion = DiskConversion(
                disk: root.appending("disk"),
                outputs: [
                    .init(format: .qcow2, target: root.appending("x.qcow2")),
                    .init(format: .qemu("vhd"), target: root.appending("missing/x.vhd")),
                ], compresses: true, options: nil, runner: RecordingRunner())
            await #expect(throws: (any Error).self) {
                _ = try await conversion.write(progress: { _ in }, onLine: { _ in })
            }
            #expect(try names(in: root) == ["disk"])
        }
    }

    @Test(
        arguments: [
            ([], false), (["lost+found"], false), (["tmp", "var-tmp", "lost+found.1"], false), (["etc"], true),
            (["tmp", "bin"], true), ([".hidden"], true),
        ] as [([String], Bool)])
    func aTreeIsThereIfSomethingCounts(entries: [String], isDeployed: Bool) async throws {
        try await withScratchDirectory { root in
            for name in entries { try write([name: ""], below: root) }
            #expect(try RootCheck.isDeployed(root) == isDeployed)
        }
    }

    @Test func breakPointsAreExactNames() {
        let points = BreakPoints(environment: Environment(["break": "before-install,after-root,after-error,before-"]))
        #expect(HookPhase.allCases.filter { points.stops(before: $0) } == [.install])
        #expect(HookPhase.allCases.filter { points.stops(after: $0) } == [.root])
        #expect(points.stopsAfterError && points.command == "bash" && !points.staysOutsideTarget)
        let none = BreakPoints(environment: Environment(["break_cmd": "cp a b", "break_outside_target": "1"]))
        #expect(HookPhase.allCases.allSatisfy { !none.stops(before: $0) && !none.stops(after: $0) })
        #expect(!none.stopsAfterError && none.command == "cp a b" && none.staysOutsideTarget)
    }
}
