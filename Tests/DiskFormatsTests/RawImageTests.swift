import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

@Suite struct RawImageTests {
    /// A file of 4 MiB with data at 1 MiB (64 KiB of ones, 64 KiB of zeros) and in its last 3 bytes.
    private func sparseFile(_ path: FilePath) throws {
        let file = try ImageFile.create(path)
        try file.resize(to: 4 << 20)
        let bytes = [UInt8](repeating: 1, count: 65536) + [UInt8](repeating: 0, count: 65536)
        try bytes.withUnsafeBytes { try file.write($0, at: 1 << 20) }
        try [UInt8]([7, 8, 9]).withUnsafeBytes { try file.write($0, at: (4 << 20) - 3) }
    }

    @Test func holesAreFoundFromTheFileSystem() async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("disk")
            try sparseFile(path)
            let image = try RawImage(path)
            #expect(image.size == 4 << 20)
            #expect(try image.dataRanges() == [1 << 20..<(1 << 20) + 131072, (4 << 20) - 4096..<4 << 20])
            #expect(try image.dataRange(after: (1 << 20) + 5) == (1 << 20) + 5..<(1 << 20) + 131072)
            #expect(try image.dataRange(after: 4 << 20) == nil)
        }
    }

    @Test func anEmptyFileHasNoData() async throws {
        try await withScratchDirectory { scratch in
            try write([], to: scratch.appending("disk"))
            #expect(try RawImage(scratch.appending("disk")).dataRanges() == [])
        }
    }

    @Test func aCopyIsEqualKeepsHolesAndMakesNewOnesOfZeros() async throws {
        try await withScratchDirectory { scratch in
            let (source, target) = (scratch.appending("disk"), scratch.appending("copy"))
            try sparseFile(source)
            try RawImageCopy().write(from: source, to: target)
            #expect(try contents(of: source) == contents(of: target))
            try RawImageCopy().write(RawImage(source), to: target)
            #expect(try contents(of: source) == contents(of: target))
            #expect(try ImageFile.open(target).allocatedSize() == 65536 + 4096)
        }
    }

    @Test(arguments: propertySeeds(24)) func anyDiskIsCopiedExactly(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (source, target) = (scratch.appending("disk"), scratch.appending("copy"))
            try RandomDisk(seed: seed &+ 500).write(to: source)
            try RawImageCopy().write(from: source, to: target)
            let (left, right) = (try RawImage(source), try RawImage(target))
            #expect(left.size == right.size)
            #expect(try firstDifference(left, right) == nil)
        }
    }

    @Test func aMissingFileIsNamedInTheError() {
        let error = #expect(throws: DiskFormatError.self) { try RawImage("/nonexistent/disk") }
        #expect(error?.description == "cannot open '/nonexistent/disk': No such file or directory")
        #expect(error?.underlying == .noSuchFileOrDirectory)
    }

    @Test func theFormatIsFoundFromTheContents() async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk.qcow2"), scratch.appending("image.raw"))
            try sparseFile(raw)
            _ = try Qcow2Writer().write(from: raw, to: image)
            #expect(try DiskImage(raw).format == .raw)
            #expect(try DiskImage(image).format == .qcow2)
            #expect(try DiskImage(image, format: .raw).contents.size == ImageFile.open(image).size())
        }
    }
}

@Suite struct ZeroBlocksTests {
    @Test func oneByteAnywhereIsFound() {
        for count in [1, 2, 7, 8, 63, 64, 65, 4096] {
            #expect([UInt8](repeating: 0, count: count).withUnsafeBytes { $0.isZero })
            for position in [0, count / 2, count - 1] {
                var bytes = [UInt8](repeating: 0, count: count)
                bytes[position] = 1
                #expect(!bytes.withUnsafeBytes { $0.isZero })
            }
        }
        #expect([UInt8]().withUnsafeBytes { $0.isZero })
    }
}

@Suite struct AtomicOutputTests {
    @Test func theNewFileReplacesTheOldOneOnlyWhenItIsComplete() async throws {
        struct Stopped: Error {}
        try await withScratchDirectory { scratch in
            let path = scratch.appending("image")
            try write([1], to: path)
            #expect(throws: Stopped.self) {
                try withAtomicOutput(to: path) { temporary in
                    try write([2], to: temporary)
                    throw Stopped()
                }
            }
            #expect(try contents(of: path) == [1])
            try withAtomicOutput(to: path) { try write([3], to: $0) }
            #expect(try contents(of: path) == [3])
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.string) == ["image"])
        }
    }
}
