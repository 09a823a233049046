import ArgumentParser
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands

@Suite struct ConvertCommandTests {
    /// A raw disk of 1 MiB with some text, and what became of it.
    private func converting(
        _ arguments: [String], _ check: (_ raw: FilePath, _ output: FilePath) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let (raw, output) = (scratch.appending("disk"), scratch.appending("image"))
            let text = Data((0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 9) })
            try text.write(to: URL(fileURLWithPath: raw.string))
            try ConvertCommand.parse(arguments + [raw.string, output.string]).run()
            try check(raw, output)
            let left = try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted()
            #expect(left == ["disk", "image"])
        }
    }

    @Test(
        .requires(.tool("qemu-img")),
        arguments: [
            ([], "\"compression-type\": \"zlib\""),
            (["--compression", "none", "--threads", "1"], "\"compat\": \"1.1\""),
            (["--compression", "zstd:9"], "\"compression-type\": \"zstd\""),
            (["-o", "compat=0.10"], "\"compat\": \"0.10\""),
            (["-O", "qcow2", "-o", "cluster_size=4k"], "\"cluster-size\": 4096"),
            (["-f", "raw", "-O", "raw"], "\"format\": \"raw\""),
            (["-O", "vmdk", "-o", "adapter_type=lsilogic"], "\"create-type\": \"streamOptimized\""),
            (["-O", "vhd"], "\"format\": \"vpc\""), (["-O", "vdi"], "\"format\": \"vdi\""),
            (["-O", "vhdx"], "\"format\": \"vhdx\""),
        ])
    func theOutputIsWhatTheOptionsAskFor(_ arguments: [String], fact: String) async throws {
        try await converting(arguments) { raw, output in
            let info = try runTool("qemu-img", ["info", "--output=json", output.string])
            #expect(info.output.contains(fact), "\(info.output)")
            let compare = try runTool("qemu-img", ["compare", "-f", "raw", raw.string, output.string])
            #expect(compare.status == 0, "\(compare.output)")
        }
    }

    @Test func aQcow2ImageConvertsBack() async throws {
        try await converting([]) { raw, output in
            let back = output.removingLastComponent().appending("disk")
            let original = try Data(contentsOf: URL(fileURLWithPath: raw.string))
            try ConvertCommand.parse(["-O", "raw", output.string, back.string]).run()
            #expect(try Data(contentsOf: URL(fileURLWithPath: back.string)) == original)
        }
    }

    @Test(arguments: [
        ["--compression", "lzma"], ["--compression", "zstd:high"], ["-O", "qed"], ["-O", "raw,raw"], ["-O", "raw,"],
        ["-O", "vdi", "-o", "compat=0.10"], ["--threads", "0"], ["three"],
    ])
    func aWrongCommandLineIsRefused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try ConvertCommand.parse(arguments + ["in", "out"]) }
    }

    @Test func severalFormatsAreBegunByOneNameAndHaveChecksums() async throws {
        try await withScratchDirectory { scratch in
            let (raw, stem) = (scratch.appending("disk"), scratch.appending("out"))
            try Data(repeating: 7, count: 70000).write(to: URL(fileURLWithPath: raw.string))
            try ConvertCommand.parse(["-O", "qcow2,vhd,raw", "--checksum", raw.string, stem.string]).run()
            let left = try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted()
            #expect(
                left == ["disk"]
                    + ["qcow2", "raw", "vhd"].flatMap { ["out.\($0)", "out.\($0).md5", "out.\($0).sha256"] })
            for format in ["qcow2", "raw", "vhd"] {
                #expect(try runTool("md5sum", ["-c", "\(stem).\(format).md5"]).status == 0)
                #expect(try runTool("sha256sum", ["-c", "\(stem).\(format).sha256"]).status == 0)
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: "\(stem).raw")) == Data(repeating: 7, count: 70000))
        }
    }

    @Test func oneOutputThatCannotBeWrittenLeavesNone() async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try Data(repeating: 7, count: 70000).write(to: URL(fileURLWithPath: raw.string))
            // The name of the second is a directory that is not empty: renaming to it fails.
            try FileManager.default.createDirectory(
                atPath: scratch.appending("out.vhd/x").string, withIntermediateDirectories: true)
            #expect(throws: (any Error).self) {
                try ConvertCommand.parse(["-O", "qcow2,vhd", raw.string, scratch.appending("missing/out").string]).run()
            }
            #expect(throws: (any Error).self) {
                try ConvertCommand.parse(["-O", "vhd", raw.string, scratch.appending("out.vhd").string]).run()
            }
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted() == ["disk", "out.vhd"])
        }
    }

    @Test func aFailureLeavesTheOldOutput() async throws {
        try await withScratchDirectory { scratch in
            let output = URL(fileURLWithPath: scratch.appending("image").string)
            try Data([1, 2, 3]).write(to: output)
            #expect(throws: (any Error).self) {
                try ConvertCommand.parse([scratch.appending("missing").string, output.path]).run()
            }
            #expect(try Data(contentsOf: output) == Data([1, 2, 3]))
        }
    }

    @Test("the input is not overwritten, by whatever name", arguments: ["disk", "link", "hard"])
    func input(name: String) async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try Data(repeating: 7, count: 70000).write(to: URL(fileURLWithPath: raw.string))
            try FileManager.default.createSymbolicLink(
                atPath: scratch.appending("link").string, withDestinationPath: raw.string)
            try FileManager.default.linkItem(atPath: raw.string, toPath: scratch.appending("hard").string)
            let output = scratch.appending(name).string
            let error = #expect(throws: (any Error).self) { try ConvertCommand.parse([raw.string, output]).run() }
            #expect(error.map { "\($0)" } == "cannot write '\(output)': it is the input, or below it")
            #expect(try Data(contentsOf: URL(fileURLWithPath: raw.string)) == Data(repeating: 7, count: 70000))
            let left = try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted()
            #expect(left == ["disk", "hard", "link"])
        }
    }

    @Test(.requires(.tool("qemu-img"))) func aChainIsReadOnlyIfAllowedAndNoneOfItOverwritten() async throws {
        try await withScratchDirectory { scratch in
            func path(_ name: String) -> String { scratch.appending(name).string }
            let base = Data(
                (0..<200_000).map { UInt8(truncatingIfNeeded: $0 >> 7) } + [UInt8](repeating: 0, count: 480))
            try base.write(to: URL(fileURLWithPath: path("base")))
            let made = try runTool(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-b", "base", "-F", "raw", path("top")])
            #expect(made.status == 0, "\(made.output)")
            let refused = #expect(throws: (any Error).self) {
                try ConvertCommand.parse(["-O", "raw", path("top"), path("flat")]).run()
            }
            #expect(refused.map { "\($0)" } == "cannot read '\(path("top"))': it needs a backing file")
            #expect(throws: (any Error).self) {
                try ConvertCommand.parse(["--allow-backing", "-O", "raw", path("top"), path("base")]).run()
            }
            #expect(throws: (any Error).self) {
                let options = ["-o", "backing_file=base,backing_fmt=raw"]
                try ConvertCommand.parse(["--allow-backing"] + options + [path("top"), path("base")]).run()
            }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path("base"))) == base)
            try ConvertCommand.parse(["--allow-backing", "-O", "raw", path("top"), path("flat")]).run()
            let flat = try Data(contentsOf: URL(fileURLWithPath: path("flat")))
            #expect(flat.prefix(base.count) == base && flat.dropFirst(base.count).allSatisfy { $0 == 0 })
        }
    }

    @Test func onlyAFileIsWritten() async throws {
        try await withScratchDirectory { scratch in
            let (raw, pipe) = (scratch.appending("disk"), scratch.appending("pipe").string)
            try Data(repeating: 7, count: 70000).write(to: URL(fileURLWithPath: raw.string))
            #expect(mkfifo(pipe, 0o600) == 0)
            for (output, reason) in [(pipe, "a device or pipe, not a file"), (scratch.string, "a directory")] {
                let error = #expect(throws: (any Error).self) { try ConvertCommand.parse([raw.string, output]).run() }
                #expect(error.map { "\($0)" } == "cannot write '\(output)': it is \(reason)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted() == ["disk", "pipe"])
        }
    }

    @Test(
        "a name of another format is met with a question",
        arguments: [
            (["out.vmdk"], true), (["out.raw"], true), (["-O", "qcow2", "out.vmdk"], false), (["out.qcow2"], false),
            (["out.img"], false), (["out"], false), (["-O", "vhd", "out.vpc"], false),
        ])
    func names(_ arguments: [String], isRefused: Bool) {
        let parsed = try? ConvertCommand.parse(Array(arguments.dropLast()) + ["in"] + arguments.suffix(1))
        #expect((parsed == nil) == isRefused)
    }

    @Test func progressIsOneLineThatFitsAndVanishes() {
        var shown: [String] = []
        let short = ProgressLine("disk.qcow2", columns: 80) { shown.append($0) }
        short.show(0)
        short.show(0.426)
        short.show(1)
        short.erase()
        #expect(shown == ["\r  0%  disk.qcow2", "\r 42%  disk.qcow2", "\r100%  disk.qcow2", "\r\u{1B}[K"])
        shown = []
        ProgressLine("/a/long/way/to/disk.qcow2", columns: 24) { shown.append($0) }.show(0.5)
        #expect(shown == ["\r 50%  ...to/disk.qcow2"])
    }
}
