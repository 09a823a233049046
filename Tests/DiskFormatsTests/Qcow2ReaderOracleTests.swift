import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Images that qemu-img made, read by us.
@Suite(.requires(.tool("qemu-img"))) struct Qcow2ReaderOracleTests {
    /// Every value of every option with usual values of the others, and combinations that touch each other.
    static let optionSets: [[String]] = {
        let sizes = (9...21).map { 1 << $0 }
        var sets: [[String]] = sizes.flatMap { size in
            [["-o", "cluster_size=\(size)"], ["-c", "-o", "cluster_size=\(size)"]]
        }
        sets += sizes.map { ["-c", "-o", "cluster_size=\($0),compression_type=zstd"] }
        sets += sizes.map { ["-c", "-o", "compat=0.10,cluster_size=\($0)"] }
        sets += sizes.filter { $0 >= 16384 }.flatMap { size in
            [["-o", "extended_l2=on,cluster_size=\(size)"], ["-c", "-o", "extended_l2=on,cluster_size=\(size)"]]
        }
        sets += [1, 2, 4, 8, 16, 32, 64].flatMap { bits in
            [["-o", "refcount_bits=\(bits)"], ["-c", "-o", "refcount_bits=\(bits),cluster_size=4k"]]
        }
        for mode in ["metadata", "falloc", "full"] {
            for other in ["compat=0.10", "extended_l2=on", "cluster_size=512", "refcount_bits=1", "lazy_refcounts=on"] {
                sets.append(["-o", "preallocation=\(mode),\(other)"])
            }
        }
        sets += [[], ["-c"], ["-S", "0"], ["-c", "-W", "-m", "4"], ["-o", "size=20M"], ["-o", "lazy_refcounts=on"]]
        return sets
    }()

    @Test(arguments: optionSets)
    func whatQemuWritesIsRead(_ options: [String]) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try RandomDisk.sample.write(to: raw)
            let result = try runTool(
                "qemu-img", ["convert", "-f", "raw", "-O", "qcow2"] + options + [raw.string, image.string])
            #expect(result.status == 0, "\(result.output)")
            let reader = try Qcow2Reader(image)
            #expect(try firstDifference(RawImage(raw), reader) == nil)
            #expect(try reader.dataRanges().allSatisfy { $0.upperBound <= reader.size })
        }
    }

    /// What only writing into an image makes: parts of clusters that are zero, explicit zeros, discarded clusters.
    @Test(arguments: ["compat=0.10", "compat=1.1", "extended_l2=on", "extended_l2=on,cluster_size=16k"])
    func anImageThatAGuestWroteIntoIsRead(_ options: String) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            _ = try runTool("qemu-img", ["create", "-q", "-f", "qcow2", "-o", options, image.string, "9M"])
            var commands: [String] = []
            var random = SeededGenerator(seed: 77)
            for _ in 0..<120 {
                let verbs = ["write -P 17", "write -P 34", "write -z", "write -z -u", "discard", "write -c -P 5"]
                let verb = verbs.randomElement(using: &random) ?? ""
                let unit = verb.contains("-c") ? 65536 : 512
                let offset = Int.random(in: 0..<(8 << 20) / unit, using: &random) * unit
                let length = verb.contains("-c") ? 65536 : Int.random(in: 1...200, using: &random) * 512
                commands += ["-c", "\(verb) \(offset) \(length)"]
            }
            let written = try runTool("qemu-io", ["-f", "qcow2"] + commands + [image.string])
            // Compressed writes over what is there are refused; most others work.
            #expect(written.output.components(separatedBy: "\nwrote").count > 40, "\(written.output)")
            let result = try runTool("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", image.string, raw.string])
            #expect(result.status == 0, "\(result.output)")
            #expect(try firstDifference(RawImage(raw), Qcow2Reader(image)) == nil)
        }
    }

    @Test(arguments: ["compat=0.10", "compat=1.1", "extended_l2=on,cluster_size=32k"])
    func aChainIsReadIfThatIsAllowed(_ options: String) async throws {
        try await withScratchDirectory { scratch in
            let (base, middle, top) = (scratch.appending("base"), scratch.appending("middle"), scratch.appending("top"))
            try RandomDisk.sample.write(to: base)
            for (name, below, format) in [(middle, "base", "raw"), (top, "middle", "qcow2")] {
                let link = ["-b", below, "-F", format, "-o", options]
                let result = try runTool("qemu-img", ["create", "-q", "-f", "qcow2"] + link + [name.string, "12M"])
                #expect(result.status == 0, "\(result.output)")
                let writes = ["write -P 3 1000k 300k", "write -z 4M 64k", "write -P 9 11M 100k", "write -z 5000k 3k"]
                let written = try runTool("qemu-io", ["-f", "qcow2"] + writes.flatMap { ["-c", $0] } + [name.string])
                #expect(written.status == 0, "\(written.output)")
            }
            #expect(throws: DiskFormatError.self) { try Qcow2Reader(top) }
            let flat = scratch.appending("flat")
            _ = try runTool("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", top.string, flat.string])
            #expect(try firstDifference(RawImage(flat), Qcow2Reader(top, backing: .allowed())) == nil)
        }
    }

    @Test func aChainThatLeadsBackToItselfIsRefused() async throws {
        try await withScratchDirectory { scratch in
            let image = scratch.appending("image")
            _ = try runTool(
                "qemu-img", ["create", "-q", "-u", "-f", "qcow2", "-b", "image", "-F", "qcow2", image.string, "1M"])
            let error = #expect(throws: DiskFormatError.self) { try Qcow2Reader(image, backing: .allowed()) }
            #expect(error?.reason == "its chain of backing files is too long")
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
        (["-o", "data_file=other"], "its data is in another file"),
        (
            ["--object", "secret,id=s,data=x", "-o", "encrypt.format=aes,encrypt.key-secret=s"],
            "it is encrypted"
        ),
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
