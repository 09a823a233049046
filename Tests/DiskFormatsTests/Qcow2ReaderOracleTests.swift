import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Images that qemu-img made, read by us.
@Suite(.requires(.tool("qemu-img"))) struct Qcow2ReaderOracleTests {
    @Test(arguments: [
        ["-o", "compat=0.10"],
        ["-o", "compat=1.1"],
        ["-c"],
        ["-c", "-o", "compat=0.10"],
        ["-c", "-o", "compression_type=zstd"],
        ["-o", "cluster_size=512"],
        ["-c", "-o", "cluster_size=4k,lazy_refcounts=on"],
        ["-c", "-o", "cluster_size=2M,compression_type=zstd"],
        ["-o", "preallocation=metadata"],
        ["-o", "preallocation=falloc,refcount_bits=1"],
        ["-c", "-o", "refcount_bits=64"],
    ])
    func whatQemuWritesIsRead(_ options: [String]) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try RandomDisk.sample.write(to: raw)
            let result = try runTool(
                "qemu-img", ["convert", "-f", "raw", "-O", "qcow2"] + options + [raw.string, image.string])
            #expect(result.status == 0, "\(result.output)")
            #expect(try firstDifference(RawImage(raw), Qcow2Reader(image)) == nil)
        }
    }

    @Test func anEmptyImageIsAllZeros() async throws {
        try await withScratchDirectory { scratch in
            let image = scratch.appending("image")
            _ = try runTool("qemu-img", ["create", "-q", "-f", "qcow2", image.string, "10G"])
            let reader = try Qcow2Reader(image)
            #expect(reader.size == 10 << 30)
            #expect(try reader.dataRanges() == [])
            var bytes = [UInt8](repeating: 1, count: 4096)
            try bytes.withUnsafeMutableBytes { try reader.read(at: (10 << 30) - 4096, into: $0) }
            #expect(bytes == [UInt8](repeating: 0, count: 4096))
        }
    }

    @Test func anInternalSnapshotDoesNotDisturb() async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try RandomDisk.sample.write(to: raw)
            _ = try runTool("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw.string, image.string])
            _ = try runTool("qemu-img", ["snapshot", "-c", "first", image.string])
            #expect(try firstDifference(RawImage(raw), Qcow2Reader(image)) == nil)
        }
    }

    @Test(arguments: [
        (["-b", "base", "-F", "raw"], "it needs a backing file"),
        (["-o", "extended_l2=on"], "it has extended second-level entries"),
        (["-o", "data_file=other"], "its data is in another file"),
    ])
    func whatNeedsMoreThanTheFileIsRefused(_ options: [String], reason: String) async throws {
        try await withScratchDirectory { scratch in
            try write([UInt8](repeating: 0, count: 1 << 20), to: scratch.appending("base"))
            let image = scratch.appending("image")
            let result = try runTool(
                "qemu-img", ["create", "-f", "qcow2"] + options + [image.string, "1M"], directory: scratch.string)
            #expect(result.status == 0, "\(result.output)")
            let error = #expect(throws: DiskFormatError.self) { try Qcow2Reader(image) }
            #expect(error == DiskFormatError(.unsupported, "read '\(image)'", reason))
        }
    }

    @Test(arguments: propertySeeds(24)) func convertingToRawGivesWhatQemuGives(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            let disk = RandomDisk(seed: seed &+ 1000)
            try disk.write(to: raw)
            _ = try Qcow2Writer(disk.options).write(from: raw, to: image)
            try RawImageCopy().write(Qcow2Reader(image), to: scratch.appending("back"))
            let result = try runTool(
                "qemu-img",
                ["compare", "-f", "qcow2", "-F", "raw", image.string, scratch.appending("back").string])
            #expect(result.status == 0, "\(result.output)")
        }
    }
}

extension RandomDisk {
    /// A disk with holes, text, noise and constants, of an odd number of sectors.
    static var sample: RandomDisk { RandomDisk(size: (9 << 20) + 512, seed: 5) }

    init(size: UInt64, seed: UInt64) {
        var disk = RandomDisk(seed: seed)
        disk.lay(over: size, seed: seed)
        self = disk
    }
}
