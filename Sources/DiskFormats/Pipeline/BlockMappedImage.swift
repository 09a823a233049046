/// A disk whose file holds it in blocks of one size, each at a place of its own: VHD, VDI and VHDX alike.
///
/// The table comes from a file that may be hostile: a block outside the file, or one used twice, is refused, so no
/// image can claim more data than its file has.
package final class BlockMappedImage: GuestImage {
    /// Blocks that a table may have: 32 MiB of memory, and 4 TiB of disk in the smallest common blocks.
    static let largestBlockCount: UInt64 = 4 << 20

    package let size: UInt64
    let file: ImageFile
    let fileSize: UInt64
    let blockSize: UInt64
    /// By block: where it starts in the file, 0 if it is not there and reads as zero.
    let offsets: [UInt64]
    package var files: [ImageFile] { [file] }

    init(file: ImageFile, size: UInt64, blockSize: UInt64, offsets: [UInt64]) throws {
        self.file = file
        self.size = size
        self.blockSize = blockSize
        self.offsets = offsets
        fileSize = try file.size()
        try Self.validate(offsets, blockSize: blockSize, fileSize: fileSize, file)
    }

    /// Refuses, before the table is allocated, more blocks than this program keeps in memory.
    static func blockCount(size: UInt64, blockSize: UInt64, _ file: ImageFile) throws -> Int {
        let count = size / blockSize + (size % blockSize == 0 ? 0 : 1)
        guard count <= largestBlockCount else {
            throw DiskFormatError(
                .unsupported, "read '\(file.path)'",
                "it has \(count) blocks of \(blockSize) bytes, at most \(largestBlockCount) are read")
        }
        return Int(count)
    }

    private static func validate(_ offsets: [UInt64], blockSize: UInt64, fileSize: UInt64, _ file: ImageFile) throws {
        let used = offsets.filter { $0 != 0 }.sorted()
        guard used.allSatisfy({ $0 < fileSize }) else { throw file.malformed("a block lies outside the file") }
        guard zip(used, used.dropFirst()).allSatisfy({ $1 - $0 >= blockSize }) else {
            throw file.malformed("two blocks overlap")
        }
    }

    /// Blocks may have holes in the file too; what the file system knows is used.
    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size else { return nil }
        var position = offset
        for index in Int(offset / blockSize)..<offsets.count {
            let start = UInt64(index) * blockSize
            let end = min(size, start + blockSize)
            position = max(position, start)
            if offsets[index] == 0 || position >= end { continue }
            let host = offsets[index]
            let hostEnd = min(fileSize, host + (end - start))
            if let run = try file.dataRun(after: host + (position - start), end: hostEnd) {
                return max(position, start + run.lowerBound - host)..<(start + run.upperBound - host)
            }
        }
        return nil
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        try requireWithin(offset, buffer.count, file)
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            let within = position % blockSize
            let count = Int(min(UInt64(buffer.count - done), blockSize - within))
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)])
            let host = offsets[Int(position / blockSize)]
            // A file may end within its last block: what is missing is zero.
            let available = host == 0 ? 0 : try file.readAvailable(at: host + within, into: piece)
            UnsafeMutableRawBufferPointer(rebasing: piece[available...]).initializeMemory(as: UInt8.self, repeating: 0)
            done += count
        }
    }
}

extension GuestImage {
    /// Refuses to read what is not all within the disk.
    func requireWithin(_ offset: UInt64, _ count: Int, _ file: ImageFile) throws {
        guard offset <= size, UInt64(count) <= size - offset else {
            throw DiskFormatError(.invalidRequest, "read '\(file.path)'", "byte \(offset) is past the disk's end")
        }
    }
}

extension ImageFile {
    /// The bytes of this file contradict its format.
    func malformed(_ reason: String) -> DiskFormatError { DiskFormatError(.malformed, "read '\(path)'", reason) }

    /// Well formed, but not for this program.
    func unsupported(_ reason: String) -> DiskFormatError { DiskFormatError(.unsupported, "read '\(path)'", reason) }

    /// A part of the file as an array; `count` is bounded by the caller before.
    func bytes(at offset: UInt64, count: Int) throws -> [UInt8] {
        let size = try size()
        guard offset <= size, UInt64(count) <= size - offset else {
            throw malformed("it ends before byte \(offset.addingReportingOverflow(UInt64(count)).partialValue)")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try read(at: offset, into: $0) }
        return bytes
    }
}
