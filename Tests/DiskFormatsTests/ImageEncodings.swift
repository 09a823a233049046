import Basics
import SystemPackage

@testable import DiskFormats

/// An encoding under test, with the words by which qemu-img calls it.
struct EncodingCase: Sendable, CustomStringConvertible {
    let name: String
    let qemuName: String
    let options: String
    /// Whether `qemu-img check` can judge the format.
    var isChecked = true

    /// Whether QEMU opens an image of no bytes.
    var holdsEmptyDisks: Bool { !["vmdk", "vhdx"].contains(name) && options != "subformat=fixed" }

    var description: String { options.isEmpty ? name : "\(name) \(options)" }

    func encoding() throws -> ImageEncoding {
        let made = try ImageEncoding.encodings(of: [name], options: options)
        return made[0]
    }

    /// All that is written besides qcow2.
    static let all: [EncodingCase] = [
        .init(name: "raw", qemuName: "raw", options: "", isChecked: false),
        .init(name: "vhd", qemuName: "vpc", options: "", isChecked: false),
        .init(name: "vhd", qemuName: "vpc", options: "subformat=fixed", isChecked: false),
        .init(name: "vpc", qemuName: "vpc", options: "", isChecked: false),
        .init(name: "vpc", qemuName: "vpc", options: "subformat=fixed", isChecked: false),
        .init(name: "vpc", qemuName: "vpc", options: "force_size=on", isChecked: false),
        .init(name: "vmdk", qemuName: "vmdk", options: ""),
        .init(name: "vmdk", qemuName: "vmdk", options: "subformat=monolithicSparse"),
        .init(name: "vmdk", qemuName: "vmdk", options: "subformat=monolithicSparse,zeroed_grain=on"),
        .init(name: "vdi", qemuName: "vdi", options: ""),
        .init(name: "vdi", qemuName: "vdi", options: "static=on"),
        .init(name: "vhdx", qemuName: "vhdx", options: ""),
        .init(name: "vhdx", qemuName: "vhdx", options: "subformat=fixed"),
        .init(name: "vhdx", qemuName: "vhdx", options: "block_size=8M,log_size=2M"),
    ]
}

/// A random disk whose size lies around the borders of these formats: sectors, grains, tables, blocks.
func formatDisk(seed: UInt64) -> RandomDisk {
    var random = SeededGenerator(seed: seed &+ 0xF0)
    // QEMU reads the zeros of fixed images, seconds for a large one: a few of those are enough.
    let borders: [UInt64] =
        seed % 16 == 3
        ? [4096 << 20, (4096 << 20) + (2 << 20), 3 << 30]
        : [0, 512, 65536, 1 << 20, 2 << 20, 8 << 20, 32 << 20, 64 << 20]
    let nudges: [Int64] = [0, 0, 0, 512, -512, 1, -1, 511, 65536, 4096]
    let border = borders.randomElement(using: &random) ?? 0
    let size = UInt64(max(0, Int64(border) + (nudges.randomElement(using: &random) ?? 0)))
    var disk = RandomDisk(seed: 0)
    disk.lay(over: size, seed: seed)
    return disk
}
