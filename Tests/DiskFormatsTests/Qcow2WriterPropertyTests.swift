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
}
