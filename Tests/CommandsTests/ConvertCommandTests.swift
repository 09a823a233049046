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
}
