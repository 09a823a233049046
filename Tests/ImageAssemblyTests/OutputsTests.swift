import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// The small parts around hooks and outputs, by their command lines and their decisions.
@Suite struct OutputsTests {
    private static let options =
        "--directory /b/mnt --numeric-owner --sort=name --xattrs '--xattrs-include=*' --acls '--exclude=./lost+found'"

    @Test(
        arguments: [
            (nil, "tar --create --file /o/x.tar \(options) ."),
            (["gzip", "-9"], "tar --create --file /o/x.tar \(options) --use-compress-program 'gzip -9' ."),
            (["pigz", "-9"], "tar --create --file /o/x.tar \(options) --use-compress-program 'pigz -9' ."),
        ] as [([String]?, String)])
    func anArchiveIsGNUTarsWork(compressor: [String]?, line: String) async throws {
        let runner = RecordingRunner()
        try await TreeArchive(tree: "/b/mnt", compressor: compressor, runner: runner).write(to: "/o/x.tar") { _ in }
        #expect(
            runner.lines.map { $0.replacing("--exclude=./lost+found", with: "--exclude=./lost+found") } == [
                line.replacing("'--exclude=./lost+found'", with: "--exclude=./lost+found")
            ])
    }

    @Test func anArchiveHoldsTheTreeAsItIs() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "mnt/b": "1", "mnt/a/.hid": "2", "mnt/lost+found/x": "3", "mnt/keep/lost+found": "4",
                    "mnt/link": "-> /etc/passwd",
                ], below: root)
            let archive = TreeArchive(
                tree: root.appending("mnt"), compressor: ["gzip", "-9"], runner: SubprocessRunner())
            try await archive.write(to: root.appending("x.tgz")) { _ in }
            let list = try runTool("tar", ["-tzf", root.appending("x.tgz").string]).output
            #expect(list == "./\n./a/\n./a/.hid\n./b\n./keep/\n./keep/lost+found\n./link\n")
        }
    }

    @Test func aFailingTarFailsTheArchive() async throws {
        let runner = RecordingRunner { _ in RecordingRunner.failure(2, "tar: No space left on device") }
        await #expect(throws: CommandFailure.self) {
            try await TreeArchive(tree: "/b", compressor: nil, runner: runner).write(to: "/x") { _ in }
        }
    }

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
