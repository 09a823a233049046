import Basics
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
        arguments: [
            (OutputFormat.raw, nil, true, false), (.tar, nil, true, false), (.tgz, nil, true, false),
            (.qcow2, nil, true, false), (.qcow2, nil, false, false), (.qcow2, "", true, false),
            (.qcow2, "compat=0.10", true, false), (.qcow2, "compression_type=zstd,cluster_size=2M", true, false),
            (.qcow2, "extended_l2=on", true, true), (.qcow2, "backing_file=x", true, true),
            (.qcow2, "nonsense", true, true),
            (.qemu("vmdk"), nil, true, true),
        ] as [(OutputFormat, String?, Bool, Bool)])
    func qemuImgIsNeededForWhatOnlyItWrites(format: OutputFormat, options: String?, compresses: Bool, needed: Bool) {
        #expect(DiskConversion.needsQemuImg(format, options: options, compresses: compresses) == needed)
    }

    @Test(
        arguments: [
            (OutputFormat.qemu("vmdk"), nil, true, "qemu-img convert -f raw -O vmdk /i/image0.raw /o/x"),
            (.qemu("vdi"), "a=b", true, "qemu-img convert -f raw -O vdi -o a=b /i/image0.raw /o/x"),
            (
                .qcow2, "extended_l2=on", true,
                "qemu-img convert -f raw -O qcow2 -c -o extended_l2=on /i/image0.raw /o/x"
            ),
            (.qcow2, "extended_l2=on", false, "qemu-img convert -f raw -O qcow2 -o extended_l2=on /i/image0.raw /o/x"),
        ] as [(OutputFormat, String?, Bool, String)])
    func theRestIsQemuImgsWork(format: OutputFormat, options: String?, compresses: Bool, line: String) async throws {
        let runner = RecordingRunner()
        let conversion = DiskConversion(
            disk: "/i/image0.raw", format: format, compresses: compresses, options: options, runner: runner)
        try await conversion.write(to: "/o/x", progress: { _ in }, onLine: { _ in })
        #expect(runner.lines == [line])
    }

    @Test func aRawDiskIsMovedNotCopied() async throws {
        try await withScratchDirectory { root in
            try write(["disk": "bytes"], below: root)
            let conversion = DiskConversion(
                disk: root.appending("disk"), format: .raw, compresses: true, options: nil, runner: RecordingRunner())
            try await conversion.write(to: root.appending("x.raw"), progress: { _ in }, onLine: { _ in })
            #expect(try names(in: root) == ["x.raw"])
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
