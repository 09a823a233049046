import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

@Suite struct GzipStreamTests {
    /// Keeps what it is given.
    private final class Collector: ByteSink {
        var bytes: [UInt8] = []
        var isFinished = false
        func write(_ new: UnsafeRawBufferPointer) { bytes.append(contentsOf: new) }
        func finish() { isFinished = true }
    }

    /// Half noise, half text.
    private func sample(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(count))
        return (0..<count).map { (index: Int) -> UInt8 in
            index / 1000 % 2 == 0 ? UInt8(index / 7 % 256) : UInt8.random(in: 0...255, using: &random)
        }
    }

    private func compressed(_ bytes: [UInt8], _ stream: GzipStream, step: Int = 1 << 20) throws -> [UInt8] {
        let collector = Collector()
        try stream.compress(to: collector) { sink in
            for start in stride(from: 0, to: bytes.count, by: step) {
                try bytes[start..<min(bytes.count, start + step)].withUnsafeBytes { try sink.write($0) }
            }
            try sink.finish()
        }
        #expect(collector.isFinished)
        return collector.bytes
    }

    @Test(
        "gzip gives the bytes back, around the size of a piece",
        arguments: [GzipStream.Shape.members, .single],
        [0, 1, 1000, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, (13 << 20) + 5])
    func roundTrip(shape: GzipStream.Shape, count: Int) async throws {
        try await withScratchDirectory { root in
            let bytes = sample(count)
            let file = root.appending("x.gz").string
            let packed = try compressed(bytes, GzipStream(shape, level: 6, threadCount: 2))
            try Data(packed).write(to: URL(fileURLWithPath: file))
            try Data(bytes).write(to: URL(fileURLWithPath: root.appending("x").string))
            let script = "gzip -t '\(file)' && gzip -dc '\(file)' | cmp - '\(root)/x' && echo same"
            #expect(try runTool("bash", ["-c", script]).output == "same\n")
            #expect(
                try compressed(bytes, GzipStream(shape, level: 6, threadCount: 3), step: 99_991) == packed,
                "threads or the sizes of writes show in the bytes")
        }
    }

    @Test(arguments: [(GzipStream.Shape.members, 3), (.single, 1)])
    func thePiecesAreMembersOrNot(shape: GzipStream.Shape, expected: Int) async throws {
        try await withScratchDirectory { root in
            let file = root.appending("x.gz").string
            try Data(compressed(sample(9 << 20), GzipStream(shape))).write(to: URL(fileURLWithPath: file))
            let script = """
                import sys, zlib
                rest, members = open(sys.argv[1], 'rb').read(), 0
                while rest:
                    one = zlib.decompressobj(31)
                    one.decompress(rest)
                    rest, members = one.unused_data, members + 1
                print(members)
                """
            #expect(try runTool("python3", ["-c", script, file]).output == "\(expected)\n")
        }
    }

    @Test func anImpossibleLevelIsRefusedAndNoThreadIsLeft() {
        #expect(throws: TreeFormatError.self) { try compressed([1, 2, 3], GzipStream(.members, level: 99)) }
        #expect(throws: TreeFormatError.self) { try compressed([1, 2, 3], GzipStream(.single, level: 99)) }
    }

    @Test func aSinkThatFailsStopsTheWork() {
        final class Full: ByteSink {
            func write(_ bytes: UnsafeRawBufferPointer) throws { throw TreeFormatError(.system, "write", "full") }
            func finish() {}
        }
        #expect(throws: TreeFormatError(.system, "write", "full")) {
            try GzipStream().compress(to: Full()) { sink in
                for _ in 0..<40 { try sample(1 << 20).withUnsafeBytes { try sink.write($0) } }
                try sink.finish()
            }
        }
    }
}
