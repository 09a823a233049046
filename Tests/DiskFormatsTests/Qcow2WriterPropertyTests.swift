import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct Qcow2WriterPropertyTests {
    @Test(arguments: propertySeeds(64)) func whatIsWrittenIsReadAndTheThreadCountLeavesNoTrace(seed: UInt64)
        async throws
    {
        try await withScratchDirectory { scratch in
            let (raw, one, three) = (scratch.appending("disk"), scratch.appending("one"), scratch.appending("three"))
            let disk = RandomDisk(seed: seed)
            try disk.write(to: raw)
            let first = try Qcow2Writer(disk.options, threadCount: 1).write(from: raw, to: one)
            let second = try Qcow2Writer(disk.options, threadCount: 3).write(from: raw, to: three)
            #expect(first == second)
            #expect(try contents(of: one) == contents(of: three))
            #expect(first.virtualSize.bytes == (disk.size + 511) / 512 * 512)

            let image = try Qcow2Reader(one)
            #expect(image.size == first.virtualSize.bytes)
            #expect(try firstDifference(RawImage(raw), image) == nil)
        }
    }

    @Test(.requires(.tool("qemu-img")), arguments: propertySeeds(64))
    func qemuFindsNoErrorNoLeakAndTheSameContents(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            let disk = RandomDisk(seed: seed)
            try disk.write(to: raw)
            _ = try Qcow2Writer(disk.options).write(from: raw, to: image)
            let check = try runTool("qemu-img", ["check", "-f", "qcow2", image.string])
            #expect(check.status == 0, "\(check.output)")
            let compare = try runTool("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", raw.string, image.string])
            #expect(compare.status == 0, "\(compare.output)")
        }
    }

    /// Overlays whose lower file differs here and there: in length, in format, in what is zero.
    @Test(.requires(.tool("qemu-img")), arguments: propertySeeds(16))
    func anOverlayHasTheDisksContentsAndOnlyWhatDiffers(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            var random = SeededGenerator(seed: seed)
            let (raw, base, image) = (scratch.appending("disk"), scratch.appending("base"), scratch.appending("image"))
            var disk = RandomDisk(seed: seed &+ 7000)
            try disk.write(to: base)
            disk.change(&random)
            try disk.write(to: raw)
            var options = disk.options
            options.preallocation = .off
            options.backing = Qcow2Backing(name: "base", format: "raw")
            let summary = try Qcow2Writer(options).write(from: raw, to: image)
            #expect(summary.dataClusters <= 3 * UInt64(disk.changedBytes) / options.clusterSize + 6)
            let check = try runTool("qemu-img", ["check", "-f", "qcow2", image.string])
            #expect(check.status == 0, "\(check.output)")
            let compare = try runTool("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", raw.string, image.string])
            #expect(compare.status == 0, "\(compare.output)")
            #expect(try firstDifference(RawImage(raw), Qcow2Reader(image, backing: .allowed())) == nil)
        }
    }

    /// The pass decides how large pieces are; nothing of that may be seen in the file.
    @Test(arguments: propertySeeds(16)) func anotherOutputBesideLeavesNoTrace(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            let (alone, beside) = (scratch.appending("alone"), scratch.appending("beside"))
            let disk = RandomDisk(seed: seed &+ 3000)
            try disk.write(to: raw)
            _ = try Qcow2Writer(disk.options).write(from: raw, to: alone)
            let image = try RawImage(raw)
            let sink = try Qcow2Sink(file: .create(beside), size: image.size, options: disk.options)
            let witness = WitnessSink()
            try DiskPass(image, threadCount: 3).run([witness, sink])
            #expect(try contents(of: alone) == contents(of: beside))
            let expected = try image.dataRanges()
            #expect(expected.allSatisfy { range in witness.seen.contains { $0.overlaps(range) } })
            #expect(witness.isFinished)
        }
    }
}

/// An output that wants large pieces and notes what it was shown.
private final class WitnessSink: DiskImageSink {
    let grain = 2 << 20
    let encoder = NoEncoding()
    private(set) var seen: [Range<UInt64>] = []
    private(set) var isFinished = false

    func append(_ piece: DiskPiece, _ encoded: Void) {
        #expect(piece.offset % UInt64(piece.padded.count) == 0)
        #expect(seen.last.map { $0.upperBound <= piece.offset } ?? true)
        seen.append(piece.offset..<(piece.offset + UInt64(piece.bytes.count)))
    }

    func finish() { isFinished = true }
}
