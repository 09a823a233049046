import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Programs that have nothing to do with QEMU read what we write.
///
/// The disk is of whole 4 KiB: 7-Zip opens no VHDX of another size, QEMU's neither.
@Suite struct OtherReadersTests {
    private func image(_ name: String, _ options: String, in scratch: FilePath) throws -> (
        raw: FilePath, image: FilePath
    ) {
        let (raw, path) = (scratch.appending("disk"), scratch.appending("image.\(name)"))
        var disk = RandomDisk(seed: 11)
        disk.lay(over: (21 << 20) + 4096, seed: 11)
        try disk.write(to: raw)
        let encoding = try ImageEncoding.encodings(of: [name], options: options)[0]
        _ = try ImageWriter().write(RawImage(raw), to: [ImageOutput(path: path, encoding: encoding)])
        return (raw, path)
    }

    @Test(
        "7-Zip takes the disk out", .requires(.tool("7z")),
        arguments: [
            ("vhd", ""), ("vhd", "subformat=fixed"), ("vpc", "force_size=on"), ("vmdk", ""),
            ("vmdk", "subformat=monolithicSparse"), ("vdi", ""), ("vdi", "static=on"), ("vhdx", ""),
            ("vhdx", "subformat=fixed"),
        ])
    func sevenZip(name: String, options: String) async throws {
        try await withScratchDirectory { scratch in
            let (raw, path) = try image(name, options, in: scratch)
            let test = try runTool("7z", ["t", path.string])
            #expect(test.status == 0 && test.output.contains("Everything is Ok"), "\(test.output)")
            let extract = try runTool("bash", ["-c", "7z x -so '\(path)' 2>/dev/null | cmp - '\(raw)'"])
            #expect(extract.status == 0, "\(extract.output)")
        }
    }

    @Test(
        "libvhdi knows kind and size", .requires(.tool("vhdiinfo")),
        arguments: [
            ("vhd", "", "Dynamic"), ("vhd", "subformat=fixed", "Fixed"), ("vhdx", "", "Dynamic"),
            ("vhdx", "subformat=fixed", "Fixed"),
        ])
    func libvhdi(name: String, options: String, kind: String) async throws {
        try await withScratchDirectory { scratch in
            let info = try runTool("vhdiinfo", [image(name, options, in: scratch).image.string])
            #expect(info.status == 0, "\(info.output)")
            #expect(info.output.contains("Disk type\t\t: \(kind)\n"), "\(info.output)")
            #expect(info.output.contains("(22024192 bytes)\n"), "\(info.output)")
        }
    }

    @Test(
        "libvmdk knows kind and size", .requires(.tool("vmdkinfo")),
        arguments: [("", "Stream optimized"), ("subformat=monolithicSparse", "Monolithic sparse")])
    func libvmdk(options: String, kind: String) async throws {
        try await withScratchDirectory { scratch in
            let info = try runTool("vmdkinfo", [image("vmdk", options, in: scratch).image.string])
            #expect(info.status == 0, "\(info.output)")
            #expect(info.output.contains("\(kind)\n") && info.output.contains("(22024192 bytes)\n"), "\(info.output)")
        }
    }

    @Test(.requires(.tool("qemu-img")), arguments: [17, 68 << 11, (1 << 21) + 1, 300 << 21, 2000 << 21] as [UInt64])
    func theGeometryOfASizeIsQemus(sectors: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("image")
            let made = try runTool("qemu-img", ["create", "-f", "vpc", path.string, "\(sectors * 512)"])
            #expect(made.status == 0, "\(made.output)")
            let footer = try VhdReader(.open(path)).footer
            #expect(footer.geometry == VhdGeometry(holding: sectors))
            #expect(try VhdOptions(sizeRule: .geometry).virtualSize(of: sectors * 512) == footer.effectiveSize)
        }
    }
}
