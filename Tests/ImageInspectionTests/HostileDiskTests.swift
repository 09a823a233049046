import DiskFormats
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import ImageInspection

/// Whole disks from elsewhere: whatever they say, the answer is a description or one line, soon.
@Suite struct HostileDiskTests {
    @Test(
        "random changes of a whole disk end in a description or in one line",
        .requires(.tool("sfdisk"), .tool("mkfs.xfs")),
        .timeLimit(.minutes(2)))
    func randomChanges() async throws {
        try await withScratchDirectory { root in
            let disk = try SampleDisk(at: root.appending("disk.raw"))
            // The first 6 MiB have the table, and the tables and directories of the system partition.
            let start = try FileHandle(forReadingFrom: URL(fileURLWithPath: disk.path.string)).read(upToCount: 6 << 20)
            let original = MutatedImage.Original(try #require(start))
            for seed in 0..<12 {
                let path = root.appending("x")
                let image = MutatedImage(original, seed: UInt64(seed))
                var bytes = Data(count: Int(image.size))
                try bytes.withUnsafeMutableBytes { try image.read(at: 0, into: $0) }
                try bytes.write(to: URL(fileURLWithPath: path.string))
                do { _ = try ImageInspector(DiskImage(path, format: .raw)).describe() } catch {
                    #expect(!"\(error)".contains("\n"))
                }
            }
        }
    }

    @Test(
        "what is pointed to beyond the end is not read",
        arguments: [
            // exFAT, NTFS and FAT32 with pointers as large as they can be.
            (3, Array("EXFAT   ".utf8), 88), (3, Array("NTFS    ".utf8), 48), (82, Array("FAT32   ".utf8), 36),
        ])
    func wildPointers(offset: Int, name: [UInt8], pointer: Int) throws {
        var sector = [UInt8](repeating: 0, count: 1 << 20)
        sector.replaceSubrange(offset..<offset + name.count, with: name)
        sector.replaceSubrange(11..<17, with: [0, 16, 128, 1, 0, 2])
        for index in pointer..<pointer + 8 { sector[index] = 0xFF }
        sector[510] = 0x55
        sector[511] = 0xAA
        for fill in [UInt8(0), 0x7F, 0xFF] {
            for index in 96..<112 { sector[index] = fill }
            let ranges = try ProbeWindows.ranges(of: DiskWindow(Bytes(sector)))
            #expect(ranges.allSatisfy { $0.upperBound <= 1 << 20 })
            _ = try SignatureProbe.probe(DiskWindow(Bytes(sector)))
        }
    }

    @Test func dataOfAWindowIsWhatTheFileHas() async throws {
        try await withScratchDirectory { root in
            let script =
                "truncate -s 4M x && for at in 0 64 512; do printf x | dd of=x bs=4096 seek=$at conv=notrunc status=none; done"
            try #require(try runTool("bash", ["-euc", script], directory: root.string).status == 0)
            let window = DiskWindow(try RawImage(root.appending("x")))
            #expect(try window.data(in: 0..<4 << 20) == [0..<4096, 262_144..<266_240, 2_097_152..<2_101_248])
            #expect(try window.data(in: 100..<262_145) == [100..<4096, 262_144..<262_145])
            let part = try #require(window.part(at: 262_144, size: 1 << 20))
            #expect(try part.data(in: 1..<1 << 20) == [1..<4096])
            #expect(try part.data(in: 8192..<1 << 20) == [] && window.data(in: 3 << 20..<4 << 20) == [])
        }
    }

    @Test func aCircleOfClustersEnds() throws {
        var bytes = [UInt8](repeating: 0, count: 4 << 20)
        // FAT16: one sector a cluster, one table of 32 sectors, no root directory of its own size.
        bytes.replaceSubrange(11..<24, with: [0, 2, 1, 1, 0, 1, 16, 0, 0, 32, 0xF8, 32, 0])
        (bytes[510], bytes[511]) = (0x55, 0xAA)
        let root = 33 * 512
        bytes.replaceSubrange(root..<root + 11, with: Array("EFI        ".utf8))
        (bytes[root + 11], bytes[root + 26]) = (0x10, 2)
        // Cluster 2 leads to itself, and is full of files.
        (bytes[512 + 4], bytes[512 + 5]) = (2, 0)
        for entry in 0..<16 { bytes[root + 512 + entry * 32] = UInt8(ascii: "A") }
        let reader = try #require(try FatReader(DiskWindow(Bytes(bytes))))
        #expect(try reader.names(in: ["efi"]).count == 32768)
    }

    private struct Bytes: GuestImage {
        let bytes: [UInt8]
        var files: [ImageFile] { [] }
        init(_ bytes: [UInt8]) { self.bytes = bytes }
        var size: UInt64 { UInt64(bytes.count) }
        func dataRange(after offset: UInt64) -> Range<UInt64>? { offset < size ? offset..<size : nil }
        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
        }
    }
}
