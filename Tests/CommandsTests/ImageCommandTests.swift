import ArgumentParser
import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// `ingot image compare` and `ingot image map` on small disks.
@Suite struct ImageCommandTests {
    /// A sparse file with a byte at each of these places.
    private func disk(_ path: FilePath, size: Int, bytes: [Int: UInt8] = [:]) throws {
        try Data().write(to: URL(fileURLWithPath: path.string))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path.string))
        try handle.truncate(atOffset: UInt64(size))
        for (offset, byte) in bytes {
            try handle.seek(toOffset: UInt64(offset))
            handle.write(Data([byte]))
        }
        try handle.close()
    }

    private func status(_ arguments: [String]) throws -> Int32 {
        do {
            var command = try ImageCommand.parseAsRoot(arguments)
            try command.run()
            return 0
        } catch let code as ExitCode { return code.rawValue }
    }

    @Test(
        "disks are compared as a guest sees them",
        arguments: [
            (1 << 20, [:], 1 << 20, [:], [], 0), (1 << 20, [5: 1], 1 << 20, [5: 1], [], 0),
            (1 << 20, [5: 1], 1 << 20, [5: 2], [], 1), (1 << 20, [5: 1], 1 << 20, [:], [], 1),
            (3 << 20, [(3 << 20) - 1: 1], 3 << 20, [:], [], 1), (1 << 20, [5: 1], 5 << 20, [5: 1], [], 0),
            (1 << 20, [:], 5 << 20, [(5 << 20) - 1: 1], [], 1), (1 << 20, [:], 5 << 20, [:], ["--strict"], 1),
            (1 << 20, [5: 1], 1 << 20, [5: 1], ["--strict"], 0), (0, [:], 0, [:], [], 0),
            (1 << 20, [:], 1 << 20, [:], ["-f", "qcow2"], 2),
        ] as [(Int, [Int: UInt8], Int, [Int: UInt8], [String], Int32)])
    func compare(
        size: Int, bytes: [Int: UInt8], otherSize: Int, otherBytes: [Int: UInt8], options: [String], expected: Int32
    ) async throws {
        try await withScratchDirectory { scratch in
            let (left, right) = (scratch.appending("left"), scratch.appending("right"))
            try disk(left, size: size, bytes: bytes)
            try disk(right, size: otherSize, bytes: otherBytes)
            #expect(try status(["compare", "-q"] + options + [left.string, right.string]) == expected)
        }
    }

    @Test func aMissingImageIsAnErrorAndNoDifference() throws {
        #expect(try status(["compare", "/nonexistent/a", "/nonexistent/b"]) == 2)
    }

    @Test(arguments: [1, 2, 5]) func theFirstDifferenceIsTheLeastOneForAnyNumberOfThreads(threads: Int) async throws {
        try await withScratchDirectory { scratch in
            let (left, right) = (scratch.appending("left"), scratch.appending("right"))
            let places = [(7 << 20) + 11, (9 << 20), (30 << 20) + 3]
            try disk(left, size: 40 << 20, bytes: [1 << 20: 7])
            try disk(right, size: 40 << 20, bytes: places.reduce(into: [1 << 20: 7]) { $0[$1] = 1 })
            let images = try (DiskImage(left).contents, DiskImage(right).contents)
            let comparison = ImageComparison(images.0, images.1)
            #expect(try comparison.firstDifference(threadCount: threads) == UInt64((7 << 20) + 11))
        }
    }

    @Test(
        "check has the exit statuses of qemu-img check",
        arguments: [(false, false, 0), (true, false, 3), (true, true, 2)] as [(Bool, Bool, Int32)])
    func check(grows: Bool, isDamaged: Bool, expected: Int32) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("raw"), scratch.appending("image"))
            try disk(raw, size: 3 << 20, bytes: [5: 1])
            try ConvertCommand.parse(["-O", "vdi", raw.string, image.string]).run()
            var bytes = try Data(contentsOf: URL(fileURLWithPath: image.string))
            if grows { bytes.append(Data(count: 1 << 20)) }
            if isDamaged { bytes[388] = 9 }
            try bytes.write(to: URL(fileURLWithPath: image.string))
            #expect(try status(["check", image.string]) == expected)
            #expect(try status(["check", "--json", "--data", image.string]) == expected)
        }
    }

    @Test func whatCannotBeCheckedIsAnErrorOfItsOwn() throws {
        #expect(try status(["check", "/nonexistent/a"]) == 1)
    }

    @Test func findingsAreListedAndCounted() throws {
        var report = ImageCheckCommand.Report(format: "vdi", errors: 0, leakedBytes: 0, messages: [])
        #expect(ImageCheckCommand.text(report) == "vdi: no errors\n")
        report = .init(format: "vhd", errors: 3, leakedBytes: 1 << 20, messages: ["one", "two"])
        #expect(
            ImageCheckCommand.text(report)
                == "vhd: 3 errors, 1 MiB of the file unused\n  one\n  two\n  and 1 more\n")
        #expect(
            try ImageCheckCommand.json(report)
                == "{\"errors\":3,\"format\":\"vhd\",\"leakedBytes\":1048576,\"messages\":[\"one\",\"two\"]}\n")
    }

    @Test func theMapListsDataAndZerosWithoutGaps() async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("disk")
            try disk(path, size: 3 << 20, bytes: [1 << 20: 1])
            let parts = try ImageMapCommand.parts(of: DiskImage(path).contents)
            #expect(parts.map(\.data) == [false, true, false])
            #expect(parts.map(\.start) == [0, 1 << 20, (1 << 20) + parts[1].length])
            #expect(parts.reduce(0) { $0 + $1.length } == 3 << 20)
            #expect(
                ImageMapCommand.text([.init(start: 0, length: 512, data: true, zero: false)])
                    == "start  bytes\n    0    512  data\n512 B of 512 B may hold data\n")
            #expect(
                try ImageMapCommand.json([.init(start: 0, length: 512, data: true, zero: false)])
                    == "[{\"data\":true,\"length\":512,\"start\":0,\"zero\":false}]\n")
        }
    }
}
