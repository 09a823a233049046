import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct Qcow2ReaderHostileTests {
    /// Reads everything that the reader lets itself be asked for, at most 64 MiB of it.
    private func readAll(_ path: FilePath) {
        guard let image = try? Qcow2Reader(path) else { return }
        var offset: UInt64 = 0
        var budget = 64
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while budget > 0, let range = try? image.dataRange(after: offset) {
            let count = min(range.count, 1 << 20)
            try? buffer.withUnsafeMutableBytes {
                try image.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
            }
            offset = range.lowerBound + UInt64(count)
            budget -= 1
        }
    }

    @Test(arguments: propertySeeds(64)) func aDamagedImageIsReadOrRefusedButNeverCrashes(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            var random = SeededGenerator(seed: seed)
            let disk = RandomDisk(seed: seed % 16)
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try disk.write(to: raw)
            _ = try Qcow2Writer(disk.options).write(from: raw, to: image)
            let intact = try contents(of: image)
            let header = try Qcow2Header(parsing: Array(intact.prefix(112)), name: "intact")
            let tables = [0..<112, Int(header.l1Offset)..<(Int(header.l1Offset) + 64), 0..<intact.count]
            for _ in 0..<16 {
                var bytes = intact
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let area = tables.randomElement(using: &random) ?? 0..<bytes.count
                    let index = Int.random(in: area.clamped(to: bytes.indices), using: &random)
                    bytes[index] = [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 1].randomElement(using: &random) ?? 0
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
                }
                try write(bytes, to: image)
                readAll(image)
            }
        }
    }

    /// Offsets in the file that our writer makes of 128 KiB of text in 64 KiB clusters.
    private func smallImage(_ scratch: FilePath) throws -> (bytes: [UInt8], header: Qcow2Header) {
        let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
        try write((0..<131072).map { UInt8(truncatingIfNeeded: $0 / 700) | 1 }, to: raw)
        _ = try Qcow2Writer().write(from: raw, to: image)
        let bytes = try contents(of: image)
        return (bytes, try Qcow2Header(parsing: Array(bytes.prefix(112)), name: "small"))
    }

    private func refusal(_ bytes: [UInt8], _ scratch: FilePath) throws -> String {
        let path = scratch.appending("hostile")
        try write(bytes, to: path)
        let error = #expect(throws: DiskFormatError.self) {
            let image = try Qcow2Reader(path)
            var buffer = [UInt8](repeating: 0, count: 131072)
            try buffer.withUnsafeMutableBytes { try image.read(at: 0, into: $0) }
        }
        return error?.reason ?? ""
    }

    @Test func tablesAndClustersOutsideTheFileAreRefused() async throws {
        try await withScratchDirectory { scratch in
            let (bytes, header) = try smallImage(scratch)
            let l1 = Int(header.l1Offset)
            let l2 = bytes[l1..<(l1 + 8)].reduce(0) { $0 << 8 | Int($1) } & Int(L2Entry.offsetMask)

            var hostile = bytes
            hostile.replaceSubrange(40..<48, with: [0, 0, 0, 0x7F, 0, 0, 0, 0])
            #expect(try refusal(hostile, scratch) == "its first-level table lies outside the file")

            hostile = bytes
            hostile[l1 + 2] = 0x7F
            #expect(try refusal(hostile, scratch) == "a second-level table lies outside the file")

            hostile = bytes
            hostile.replaceSubrange(l2..<(l2 + 8), with: [0x80, 0, 0x7F, 0, 0, 0, 0, 0])
            #expect(try refusal(hostile, scratch) == "a cluster lies outside the file")

            hostile.replaceSubrange(l2..<(l2 + 8), with: [0x80, 0, 0, 0, 0, 1, 2, 0])
            #expect(try refusal(hostile, scratch) == "a cluster does not start at a cluster")

            hostile.replaceSubrange(l2..<(l2 + 8), with: [0x40, 0, 0x7F, 0, 0, 0, 0, 0])
            #expect(try refusal(hostile, scratch) == "a cluster lies outside the file")

            hostile.replaceSubrange(l2..<(l2 + 8), with: [0x40, 0, 0, 0, 0, 0, 0, 0])
            #expect(try refusal(hostile, scratch) == "compressed data does not give a cluster")
        }
    }

    @Test func aSecondLevelTableUsedTwiceIsRefused() async throws {
        try await withScratchDirectory { scratch in
            var (bytes, header) = try smallImage(scratch)
            let l1 = Int(header.l1Offset)
            header.virtualSize = 1 << 30
            header.l1EntryCount = 2
            bytes.replaceSubrange(0..<112, with: header.encoded()[..<112])
            bytes.replaceSubrange((l1 + 8)..<(l1 + 16), with: bytes[l1..<(l1 + 8)])
            #expect(try refusal(bytes, scratch) == "a second-level table is used twice")
        }
    }

    @Test func partsOfAClusterThatContradictEachOtherAreRefused() async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            try write((0..<131072).map { UInt8(truncatingIfNeeded: $0 / 700) | 1 }, to: raw)
            var options = Qcow2Options(compression: .none)
            options.hasExtendedL2 = true
            _ = try Qcow2Writer(options).write(from: raw, to: image)
            let bytes = try contents(of: image)
            let header = try Qcow2Header(parsing: Array(bytes.prefix(112)), name: "extended")
            let l1 = Int(header.l1Offset)
            let l2 = bytes[l1..<(l1 + 8)].reduce(0) { $0 << 8 | Int($1) } & Int(L2Entry.offsetMask)
            let reason = "a part of a cluster is both there and zero, or nowhere"

            var hostile = bytes
            hostile[l2 + 11] = 1
            #expect(try refusal(hostile, scratch) == reason)

            hostile = bytes
            hostile.replaceSubrange(l2..<(l2 + 8), with: [0, 0, 0, 0, 0, 0, 0, 0])
            #expect(try refusal(hostile, scratch) == reason)
        }
    }

    @Test func aBackingFilesNameMustLieInTheFirstCluster() async throws {
        try await withScratchDirectory { scratch in
            let (bytes, header) = try smallImage(scratch)
            func refusal(_ offset: UInt64, _ length: UInt32) throws -> String {
                var changed = header
                (changed.backingFileOffset, changed.backingFileLength) = (offset, length)
                return try self.refusal(Array(changed.encoded()[..<112]) + bytes[112...], scratch)
            }
            let outside = "the name of its backing file lies outside its first cluster"
            #expect(try refusal(65_530, 10) == outside)
            #expect(try refusal(.max, 10) == outside)
            #expect(try refusal(200, 1024) == outside)
            #expect(try refusal(200, .max) == outside)
            #expect(try refusal(200, 0) == "the name of its backing file is no text")
            #expect(try refusal(200, 10) == "the name of its backing file is no text")
        }
    }

    @Test func featuresThatTheReaderDoesNotKnowAreRefused() async throws {
        try await withScratchDirectory { scratch in
            let (bytes, header) = try smallImage(scratch)
            func refusal(_ change: (inout Qcow2Header) -> Void) throws -> String {
                var changed = header
                change(&changed)
                return try self.refusal(Array(changed.encoded()[..<112]) + bytes[112...], scratch)
            }
            #expect(try refusal { $0.encryptionMethod = 2 } == "it is encrypted")
            #expect(try refusal { $0.incompatibleFeatures = 2 } == "it is marked as corrupt")
            #expect(try refusal { $0.incompatibleFeatures = 1 << 40 } == "it has unknown features (10000000000)")
        }
    }

    @Test func readingPastTheDisksEndIsRefused() async throws {
        try await withScratchDirectory { scratch in
            _ = try smallImage(scratch)
            let image = try Qcow2Reader(scratch.appending("image"))
            var buffer = [UInt8](repeating: 0, count: 2)
            for offset in [131071, 131073, UInt64.max] {
                #expect(throws: DiskFormatError.self) {
                    try buffer.withUnsafeMutableBytes { try image.read(at: offset, into: $0) }
                }
            }
        }
    }
}
