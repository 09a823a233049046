import Basics
import DiskFormats
import Foundation

/// A disk in memory with some bytes changed at random where it holds anything.
struct MutatedImage: GuestImage {
    /// The image as it was, and the pieces of it that are not empty: found once, since that takes longest.
    final class Original: Sendable {
        let data: Data
        let used: [Int]

        init(_ data: Data) {
            self.data = data
            let empty = Data(count: 512)
            used = stride(from: 0, to: data.count - 511, by: 512).filter { data[$0..<$0 + 512] != empty }
        }
    }

    var files: [ImageFile] { [] }

    private let original: Original
    private let changes: [Int: UInt8]

    init(_ original: Original, seed: UInt64) {
        self.original = original
        var random = SeededGenerator(seed: seed)
        var changes: [Int: UInt8] = [:]
        for _ in 0..<Int.random(in: 1...400, using: &random) {
            guard let start = original.used.randomElement(using: &random) else { break }
            let value = [0, 0xFF, 0x7F, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)
            changes[start + Int.random(in: 0..<512, using: &random)] = value
        }
        self.changes = changes
    }

    var size: UInt64 { UInt64(original.data.count) }

    func dataRange(after offset: UInt64) throws -> Range<UInt64>? { offset < size ? offset..<size : nil }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        let range = Int(offset)..<Int(offset) + buffer.count
        buffer.copyBytes(from: original.data[range])
        for (index, value) in changes where range.contains(index) { buffer[index - range.lowerBound] = value }
    }
}
