import Glibc
package import SystemPackage

/// Puts a small disk into a window of a larger one, whose bytes there are zero: a file system that was made by itself
/// into its partition.
package struct ImageSplice: Sendable {
    private static let bufferSize = 1 << 20

    package init() {}

    /// Writes what is data in `source` from `offset` of `target` on; holes and zeros are passed over.
    package func write(_ source: FilePath, into target: FilePath, at offset: UInt64) throws {
        let image = try RawImage(source)
        let file = try ImageFile.update(target)
        guard try file.size() >= offset, try file.size() - offset >= image.size else {
            throw DiskFormatError(
                .noSpace, "write '\(source)' into '\(target)'", "it ends before byte \(offset + image.size)")
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        var position: UInt64 = 0
        while let range = try image.dataRange(after: position) {
            let start = max(position, range.lowerBound)
            position = min(range.upperBound, start + UInt64(Self.bufferSize))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(position - start)])
            try image.read(at: start, into: piece)
            if !UnsafeRawBufferPointer(piece).isZero { try file.write(.init(piece), at: offset + start) }
        }
    }

    /// Makes a part of an image read as zeros again: what has been written in it is found by the holes around it.
    package func erase(_ part: Range<UInt64>, of target: FilePath) throws {
        let image = try RawImage(target)
        let file = try ImageFile.update(target)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        var position = part.lowerBound
        while let range = try image.dataRange(after: position), range.lowerBound < part.upperBound {
            let start = max(position, range.lowerBound)
            position = min(range.upperBound, start + UInt64(Self.bufferSize), part.upperBound)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(position - start)])
            try image.read(at: start, into: piece)
            if UnsafeRawBufferPointer(piece).isZero { continue }
            piece.initializeMemory(as: UInt8.self, repeating: 0)
            try file.write(.init(piece), at: start)
        }
    }
}
