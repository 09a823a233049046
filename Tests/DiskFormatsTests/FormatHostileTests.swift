import Basics
import SystemPackage
import TestSupport
import Testing

@testable import DiskFormats

/// Images from anywhere: read or refused, never a crash, a hang or memory without bounds.
@Suite struct FormatHostileTests {
    /// Reads everything that the reader lets itself be asked for, at most 16 MiB of it.
    private func readAll(_ path: FilePath, _ format: DiskImageFormat) {
        guard let image = try? DiskImage(path, format: format).contents else { return }
        var offset: UInt64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<16 {
            guard let range = try? image.dataRange(after: offset) else { return }
            #expect(range.lowerBound >= offset && range.upperBound <= image.size && !range.isEmpty)
            let count = Int(min(range.upperBound - range.lowerBound, 1 << 20))
            try? buffer.withUnsafeMutableBytes {
                try image.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
            }
            offset = range.lowerBound + UInt64(count)
        }
    }

    /// Where a format keeps what its reader believes.
    private func tables(_ format: DiskImageFormat, _ count: Int) -> [Range<Int>] {
        switch format {
        case .vhd: [0..<512, 512..<1600, (count - 512)..<count]
        case .vdi: [0..<512, 512..<560]
        case .vhdx:
            [
                (64 << 10)..<(64 << 10) + 80, (192 << 10)..<(192 << 10) + 80, (2 << 20)..<(2 << 20) + 256,
                (2 << 20) + (64 << 10)..<(2 << 20) + (64 << 10) + 64, (3 << 20)..<(3 << 20) + 64,
            ]
        case .vmdk: [0..<80, 512..<1200, (count - 1536)..<count, 65536..<65600, 10752..<12000]
        default: []
        }
    }

    @Test(arguments: EncodingCase.all.filter { $0.name != "raw" }, propertySeeds(6))
    func aDamagedImageIsReadOrRefused(encoding: EncodingCase, seed: UInt64) async throws {
        try await withScratchDirectory { scratch in
            var random = SeededGenerator(seed: seed &+ 77)
            let (raw, path) = (scratch.appending("disk"), scratch.appending("image"))
            var disk = RandomDisk(seed: seed)
            disk.lay(over: [3 << 20, 70 << 10, 9 << 20][Int(seed % 3)], seed: seed)
            try disk.write(to: raw)
            let format = try encoding.encoding().format
            let output = ImageOutput(path: path, encoding: try encoding.encoding())
            _ = try ImageWriter().write(RawImage(raw), to: [output])
            let intact = try contents(of: path)
            let areas = tables(format, intact.count) + [0..<intact.count]
            for _ in 0..<24 {
                var bytes = intact
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let area = areas.randomElement(using: &random) ?? 0..<1
                    let index = Int.random(in: area.clamped(to: bytes.indices), using: &random)
                    bytes[index] = [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 1].randomElement(using: &random) ?? 0
                }
                mend(&bytes, format)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
                }
                try write(bytes, to: path)
                readAll(path, format)
            }
        }
    }

    /// Makes checksums right again, so that damage gets past them.
    private func mend(_ bytes: inout [UInt8], _ format: DiskImageFormat) {
        func replace(_ range: Range<Int>, _ body: (inout [UInt8]) -> Void) {
            guard range.upperBound <= bytes.count else { return }
            var part = Array(bytes[range])
            body(&part)
            bytes.replaceSubrange(range, with: part)
        }
        switch format {
        case .vhd:
            replace(0..<512) { if $0.starts(with: VhdFooter.cookie) { $0.setVhdChecksum(at: 64) } }
            replace(512..<1536) { if $0.starts(with: Array("cxsparse".utf8)) { $0.setVhdChecksum(at: 36) } }
            replace((bytes.count - 512)..<bytes.count) { $0.setVhdChecksum(at: 64) }
        case .vhdx:
            for offset in VhdxLayout.headerOffsets { replace(Int(offset)..<Int(offset) + 4096) { $0.setCrc32c(at: 4) } }
            for offset in VhdxLayout.regionTableOffsets {
                replace(Int(offset)..<Int(offset) + VhdxLayout.regionTableLength) { $0.setCrc32c(at: 4) }
            }
        default: break
        }
    }

    /// The reason with which a changed image is refused, by opening it or reading its first bytes.
    private func refusal(_ name: String, _ options: String = "", _ change: (inout [UInt8]) -> Void) async throws
        -> String
    {
        try await withScratchDirectory { scratch in
            let (raw, path) = (scratch.appending("disk"), scratch.appending("image"))
            try write((0..<(2 << 20)).map { UInt8(truncatingIfNeeded: $0 >> 8) | 1 }, to: raw)
            let encoding = try ImageEncoding.encodings(of: [name], options: options)[0]
            _ = try ImageWriter().write(RawImage(raw), to: [ImageOutput(path: path, encoding: encoding)])
            var bytes = try contents(of: path)
            change(&bytes)
            mend(&bytes, encoding.format)
            try write(bytes, to: path)
            let error = #expect(throws: DiskFormatError.self) {
                let image = try DiskImage(path, format: encoding.format).contents
                var buffer = [UInt8](repeating: 0, count: 4096)
                try buffer.withUnsafeMutableBytes { try image.read(at: 0, into: $0) }
            }
            return error?.reason ?? ""
        }
    }

    @Test func whatLiesIsRefusedWithItsReason() async throws {
        #expect(
            try await refusal("vhd") { $0.replaceSubrange(1536..<1540, with: [0x7F, 0, 0, 0]) }
                == "a block lies outside the file")
        #expect(
            try await refusal("vhd") { $0[22] = 4 } == "there is no dynamic header where the footer says"
        )
        #expect(try await refusal("vhd") { $0[63] = 4 } == "it holds only what differs from another file, its parent")
        #expect(
            try await refusal("vhd") { $0.replaceSubrange(544..<548, with: [0, 0, 0, 3]) } == "its block size is 3")
        #expect(
            try await refusal("vhd") { $0.replaceSubrange(48..<56, with: [0x7F, 0, 0, 0, 0, 0, 0, 0]) }
                .hasPrefix("it has 4363686772736 blocks"))
        #expect(
            try await refusal("vhd", "subformat=fixed") { $0[$0.count - 512 + 50] = 1 }.hasPrefix("the footer claims"))
        #expect(try await refusal("vdi") { $0[430] = 1 } == "it has a parent")
        #expect(try await refusal("vdi") { $0.setLittleEndian(UInt32(0), at: 516) } == "two blocks overlap")
        #expect(
            try await refusal("vdi") { $0.setLittleEndian(UInt32(9999), at: 512) } == "a block lies outside the file")
        #expect(
            try await refusal("vdi") { $0.setLittleEndian(UInt64.max / 2, at: 368) }.hasPrefix(
                "it has 8796093022208 blocks"))
        #expect(
            try await refusal("vhdx") { for head in [64 << 10, 128 << 10] { $0[head + 50] = 1 } }
                .hasPrefix("its log must be replayed first"))
        #expect(
            try await refusal("vhdx") { $0[(2 << 20) + (64 << 10) + 4] |= 2 }
                == "it holds only what differs from another file")
        #expect(try await refusal("vhdx") { $0[3 << 20] = 7 } == "block 0 is in a state that its image cannot have")
        #expect(
            try await refusal("vhdx") { $0.setLittleEndian(UInt64(1 << 50) | 6, at: 3 << 20) }
                == "a block lies outside the file")
        #expect(try await refusal("vmdk") { $0[$0.count - 1536 + 12] = 0 } == "it ends without a footer")
        #expect(
            try await refusal("vmdk") { $0.setLittleEndian(UInt64(1) << 40, at: $0.count - 1024 + 56) }
                == "its grain directory lies outside the file")
        #expect(try await refusal("vmdk") { $0[65536] = 1 } == "a grain's marker names another grain or no length")
        #expect(
            try await refusal("vmdk") { bytes in
                let text = Array("parentCID=00000001".utf8)
                bytes.replaceSubrange(512..<(512 + text.count + 1), with: text + [10])
            } == "it holds only what differs from another file, its parent")
    }

    @Test func aFixedFooterDoesNotMakeARawDiskGrow() async throws {
        try await withScratchDirectory { scratch in
            let path = scratch.appending("disk")
            let footer = VhdFooter(
                diskType: .fixed, size: 1 << 40, geometry: VhdGeometry(sectorCount: 1 << 31),
                identifier: ImageIdentifier(bytes: [UInt8](repeating: 1, count: 16)), creator: "qem2")
            try write([UInt8](repeating: 5, count: 4096) + footer.encoded(), to: path)
            #expect(throws: DiskFormatError.self) { try DiskImage(path) }
            #expect(try DiskImage(path, format: .raw).contents.size == 4608)
        }
    }
}
