import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Every format, over random disks: what is written is read, by us and by QEMU.
@Suite struct ImageWriterPropertyTests {
    /// Writes a disk in all formats in one pass; the raw file is beside them.
    private func writeAll(_ disk: RandomDisk, in scratch: FilePath, threads: Int) throws -> [(EncodingCase, FilePath)] {
        let raw = scratch.appending("disk")
        try disk.write(to: raw)
        let cases = EncodingCase.all.filter { disk.size > 0 || $0.holdsEmptyDisks }
        let paths = cases.indices.map { scratch.appending("image\($0).\(threads)") }
        let outputs = try zip(cases, paths).map { ImageOutput(path: $1, encoding: try $0.encoding()) }
        let image = try RawImage(raw)
        let summaries = try ImageWriter(threadCount: threads).write(image, source: image.file, to: outputs)
        #expect(summaries.map(\.path) == paths)
        return Array(zip(cases, paths))
    }

    @Test(arguments: propertySeeds(8)) func whatIsWrittenIsReadByUs(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let disk = formatDisk(seed: seed)
            for (encoding, path) in try writeAll(disk, in: scratch, threads: 3) {
                let image = try DiskImage(path, format: encoding.encoding().format)
                #expect(try firstDifference(RawImage(scratch.appending("disk")), image.contents) == nil, "\(encoding)")
                #expect(try DiskImageFormat(of: image.file) == encoding.encoding().format, "\(encoding)")
                let rounded = (disk.size + 511) / 512 * 512
                if encoding.name == "vpc", encoding.options != "force_size=on" {
                    #expect(image.contents.size >= rounded && image.contents.size <= rounded * 2 + (1 << 20))
                } else {
                    #expect(image.contents.size == (encoding.name == "raw" ? disk.size : rounded), "\(encoding)")
                }
            }
        }
    }

    @Test(arguments: EncodingCase.all) func anEmptyDiskIsWrittenAsWhatQemuOpensOrNotAtAll(_ encoding: EncodingCase)
        async throws
    {
        try await withScratchDirectory { scratch in
            let (raw, path) = (scratch.appending("disk"), scratch.appending("image"))
            let image = try ImageFile.create(raw)
            let output = ImageOutput(path: path, encoding: try encoding.encoding())
            if encoding.holdsEmptyDisks {
                _ = try ImageWriter().write(RawImage(raw), source: image, to: [output])
                #expect(try DiskImage(path, format: output.encoding.format).contents.dataRanges().isEmpty)
            } else {
                let error = #expect(throws: DiskFormatError.self) {
                    try ImageWriter().write(RawImage(raw), to: [output])
                }
                let format = output.encoding.format
                #expect(error?.description == "cannot make a \(format) image of 0 bytes: no program opens one")
                #expect(!FileManager.default.fileExists(atPath: path.string))
            }
        }
    }

    @Test(arguments: propertySeeds(12)) func theChecksumsOfThePassAreThoseOfTheRawFile(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let (raw, image) = (scratch.appending("disk"), scratch.appending("image"))
            var disk = formatDisk(seed: seed)
            if disk.size > 64 << 20 { disk.lay(over: 64 << 20 + seed, seed: seed) }
            try disk.write(to: raw)
            let output = ImageOutput(path: image, encoding: .vdi(VdiOptions()))
            let result = try ImageWriter(threadCount: 2).writeWithDigest(RawImage(raw), to: [output])
            #expect(try result.contents == FileDigest.compute(of: raw))
            #expect(result.summaries.map(\.path) == [image])
        }
    }

    @Test(arguments: propertySeeds(4)) func theBytesDependOnTheDiskAndTheFormatAlone(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let disk = formatDisk(seed: seed)
            let together = try writeAll(disk, in: scratch, threads: 3)
            let image = try RawImage(scratch.appending("disk"))
            for (encoding, path) in together where try image.size < 1 << 30 || encoding.encoding().format == .vdi {
                let alone = scratch.appending("alone")
                let output = ImageOutput(path: alone, encoding: try encoding.encoding())
                _ = try ImageWriter(threadCount: 1).write(image, to: [output])
                let same = try ImageComparison(RawImage(path), RawImage(alone)).firstDifference() == nil
                #expect(try same && RawImage(path).size == RawImage(alone).size, "\(encoding)")
            }
        }
    }

    @Test(.requires(.tool("qemu-img")), arguments: propertySeeds(8))
    func qemuFindsTheSameContentsAndNoError(seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            let raw = scratch.appending("disk").string
            for (encoding, path) in try writeAll(formatDisk(seed: seed), in: scratch, threads: 2) {
                let compare = try runTool(
                    "qemu-img", ["compare", "-f", "raw", "-F", encoding.qemuName, raw, path.string])
                #expect(compare.status == 0, "\(encoding): \(compare.output)")
                guard encoding.isChecked else { continue }
                let check = try runTool("qemu-img", ["check", "-f", encoding.qemuName, path.string])
                #expect(check.status == 0, "\(encoding): \(check.output)")
            }
        }
    }
}
