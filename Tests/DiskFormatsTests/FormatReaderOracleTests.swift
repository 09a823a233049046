import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Our readers on images that qemu-img has made, of all formats and options.
@Suite(.requires(.tool("qemu-img"))) struct FormatReaderOracleTests {
    private static let borders: [UInt64] = [
        512, 65536 + 512, 1 << 20, (2 << 20) - 512, (33 << 20) + 512, 300 << 20, (2 << 30) + 512,
    ]

    @Test(
        arguments: [
            ("vpc", ""), ("vpc", "subformat=fixed"), ("vpc", "force_size=on"), ("vpc", "subformat=fixed,force_size=on"),
            ("vmdk", ""), ("vmdk", "subformat=streamOptimized"), ("vmdk", "zeroed_grain=on"),
            ("vmdk", "compat6=on"), ("vmdk", "adapter_type=lsilogic,hwversion=13,zeroed_grain=on"),
            ("vmdk", "adapter_type=buslogic,subformat=streamOptimized"), ("vmdk", "adapter_type=legacyESX,compat6=on"),
            ("vhdx", "block_state_zero=off"), ("vhdx", "subformat=fixed,block_size=2M,log_size=1M"),
            ("vhdx", "block_size=8M,block_state_zero=off,log_size=4M"),
            ("vdi", ""), ("vdi", "static=on"), ("vhdx", ""), ("vhdx", "subformat=fixed"), ("vhdx", "block_size=1M"),
            ("vhdx", "block_size=256M,log_size=3M"),
        ], [UInt64(1), 2, 3])
    func imagesOfQemuAreRead(kind: (name: String, options: String), seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, path) = (scratch.appending("disk"), scratch.appending("image"))
            var random = SeededGenerator(seed: seed &* 31 &+ UInt64(kind.options.utf8.count))
            var disk = RandomDisk(seed: seed)
            disk.lay(over: Self.borders.randomElement(using: &random) ?? 512, seed: seed)
            try disk.write(to: raw)
            let options = kind.options.isEmpty ? [] : ["-o", kind.options]
            let made = try runTool(
                "qemu-img", ["convert", "-f", "raw", "-O", kind.name] + options + [raw.string, path.string])
            #expect(made.status == 0, "\(made.output)")
            let image = try DiskImage(path)
            #expect(image.format == DiskImageFormat(name: kind.name))
            #expect(try firstDifference(RawImage(raw), image.contents) == nil)
            #expect(image.contents.size >= disk.size)
            if kind.name != "vpc" { #expect(image.contents.size == disk.size) }
        }
    }

    @Test(
        "images that need other files are refused",
        arguments: [
            (["create", "-f", "vmdk", "-o", "subformat=monolithicFlat", "x.vmdk", "1M"], "its data is in other files"),
            (["create", "-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse", "x.vmdk", "1M"], "other files"),
            (["create", "-f", "vmdk", "-b", "base.vmdk", "-F", "vmdk", "x.vmdk"], "differs from another file"),
            (["create", "-f", "qcow2", "-b", "base.vmdk", "-F", "vmdk", "x.vmdk"], "backing file"),
        ])
    func otherFiles(arguments: [String], reason: String) async throws {
        try await withScratchDirectory { scratch in
            let base = try runTool("qemu-img", ["create", "-f", "vmdk", "base.vmdk", "1M"], directory: scratch.string)
            #expect(base.status == 0, "\(base.output)")
            let made = try runTool("qemu-img", arguments, directory: scratch.string)
            #expect(made.status == 0, "\(made.output)")
            let error = #expect(throws: DiskFormatError.self) { try DiskImage(scratch.appending("x.vmdk")) }
            #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
            #expect(error?.kind == .unsupported)
        }
    }

    /// Keys of the protocol below (`nocow` and the like) are known for qcow2 alone, refused for the others.
    @Test(arguments: ["qcow2", "vpc", "vmdk", "vdi", "vhdx"]) func everyOptionOfQemuImgIsKnown(format: String) throws {
        let help = try runTool("qemu-img", ["convert", "-O", format, "-o", "help", "in", "out"])
        let ofFile: Set = ["extent_size_hint", "nocow", "preallocation"]
        let keys = Set(help.output.matches(of: /(?m)^ +([a-z0-9_.-]+)=/).map { String($0.1) })
        #expect(keys.contains("size"), "\(help.output)")
        let known = Set(ImageEncoding.keys(of: format))
        #expect(keys.subtracting(format == "qcow2" ? [] : ofFile).subtracting(known) == [])
    }

    @Test func whatLooksLikeNoFormatIsRaw() async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("disk")
            for bytes in [
                [], [UInt8](repeating: 0, count: 512), Array("conecti".utf8), [UInt8](repeating: 7, count: 5),
            ] {
                try write(bytes, to: path)
                #expect(try DiskImage(path).format == .raw)
            }
        }
    }
}
