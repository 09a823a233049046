import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct Qcow2WriterTests {
    @Test func aDiskOfZerosTakesNoClusters() async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            let file = try ImageFile.create(raw)
            try file.resize(to: 3 << 30)
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            try zeros.withUnsafeBytes { try file.write($0, at: 1 << 30) }
            let summary = try Qcow2Writer().write(from: raw, to: scratch.appending("image"))
            #expect(
                summary
                    == Qcow2Summary(
                        virtualSize: .gibibytes(3), fileSize: .kibibytes(256), dataClusters: 0, compressedClusters: 0,
                        totalClusters: 49152))
        }
    }

    @Test func aClusterThatDoesNotCompressIsStoredAsItIs() async throws {
        try await withScratchDirectory { scratch in
            let (raw, target) = (scratch.appending("disk"), scratch.appending("image"))
            var random = SeededGenerator(seed: 7)
            let noise = (0..<65536).map { _ in UInt8.random(in: 0...255, using: &random) }
            try write(noise + [UInt8](repeating: 9, count: 65536) + noise, to: raw)
            let summary = try Qcow2Writer().write(from: raw, to: target)
            #expect(summary.dataClusters == 3)
            #expect(summary.compressedClusters == 1)
            let bytes = try contents(of: target)
            #expect(Array(bytes[65536..<131072]) == noise)
        }
    }

    @Test(arguments: [1, 511, 512, 513, 65535, 65537])
    func theDisksSizeIsExactUpToASector(size: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try write([UInt8](repeating: 1, count: Int(size)), to: raw)
            let summary = try Qcow2Writer().write(from: raw, to: scratch.appending("image"))
            #expect(summary.virtualSize.bytes == (size + 511) / 512 * 512)
        }
    }

    @Test func theInputIsNotOverwritten() async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try write([1, 2, 3], to: raw)
            try FileManager.default.createSymbolicLink(
                atPath: scratch.appending("link").string, withDestinationPath: raw.string)
            #expect(throws: DiskFormatError.self) {
                try Qcow2Writer().write(from: raw, to: scratch.appending("link"))
            }
            #expect(try contents(of: raw) == [1, 2, 3])
        }
    }

    @Test func aFailureLeavesNoFile() async throws {
        struct Stopped: Error {}
        try await withScratchDirectory { scratch in
            let (raw, target) = (scratch.appending("disk"), scratch.appending("image"))
            try write([UInt8](repeating: 1, count: 4 << 20), to: raw)
            #expect(throws: Stopped.self) {
                try Qcow2Writer().write(from: raw, to: target) { if $0 > 0.3 { throw Stopped() } }
            }
            #expect(!FileManager.default.fileExists(atPath: target.string))
        }
    }

    @Test func aReadErrorIsReportedAndLeavesNoFile() async throws {
        try await withScratchDirectory { scratch in
            let target = scratch.appending("image")
            let error = #expect(throws: DiskFormatError.self) {
                try Qcow2Writer(threadCount: 3).write(BrokenDisk(), to: target)
            }
            #expect(error?.description == "cannot read 'broken': bad sector")
            #expect(!FileManager.default.fileExists(atPath: target.string))
        }
    }

    @Test func progressRisesFromZeroToOne() async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try write([UInt8](repeating: 1, count: 6 << 20), to: raw)
            var seen: [Double] = []
            _ = try Qcow2Writer().write(from: raw, to: scratch.appending("image")) { seen.append($0) }
            #expect(seen.first == 0)
            #expect(seen.last == 1)
            #expect(seen == seen.sorted())
            #expect(seen.count > 10)
        }
    }

    @Test func whatNoQcow2FileCanBeIsRefused() async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk")
            try ImageFile.create(raw).resize(to: 1 << 40)
            var options = Qcow2Options()
            options.clusterSize = 512
            let error = #expect(throws: DiskFormatError.self) {
                try Qcow2Writer(options).write(from: raw, to: scratch.appending("image"))
            }
            #expect(
                error?.description
                    == "cannot make a qcow2 image of 1099511627776 bytes: clusters of 512 bytes are too small for it")
            #expect(!FileManager.default.fileExists(atPath: scratch.appending("image").string))
        }
    }
}

/// A disk whose later half cannot be read.
private struct BrokenDisk: GuestImage {
    let size: UInt64 = 8 << 20
    let files: [ImageFile] = []

    func dataRange(after offset: UInt64) -> Range<UInt64>? { offset < size ? offset..<size : nil }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset < 4 << 20 else { throw DiskFormatError(.system, "read 'broken'", "bad sector") }
        buffer.initializeMemory(as: UInt8.self, repeating: 5)
    }
}
