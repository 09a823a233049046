import Glibc
package import SystemPackage

/// Writes a disk's contents as a raw file in which holes and blocks of zeros take no room.
package struct RawImageCopy: Sendable {
    /// The grain of holes made where the source has data: the block size of common file systems.
    private static let blockSize = 4096
    private static let bufferSize = 1 << 20

    package init() {}

    /// Copies a raw file: the file system shares its blocks if it can (FICLONE), else the data is read and written.
    package func write(
        from source: FilePath, to target: FilePath, progress: (Double) throws -> Void = { _ in }
    ) throws {
        let image = try RawImage(source)
        try writing(to: target, notOver: image.file) { file in
            if clone(image.file, to: file) { try progress(1) } else { try copy(image, to: file, progress: progress) }
        }
    }

    /// The same for an image of any format; `source` is its file, if there is one that must not be overwritten.
    package func write(
        _ image: any GuestImage, source: ImageFile? = nil, to target: FilePath,
        progress: (Double) throws -> Void = { _ in }
    ) throws {
        try writing(to: target, notOver: source) { try copy(image, to: $0, progress: progress) }
    }

    /// Creates the file, syncs it after `body`, and removes it if anything fails.
    private func writing(to target: FilePath, notOver source: ImageFile?, _ body: (ImageFile) throws -> Void) throws {
        let file = try ImageFile.create(target, notOver: source)
        do {
            try body(file)
            try file.synchronize()
        } catch {
            removeFile(target)
            throw error
        }
    }

    /// FICLONE of `linux/fs.h`, `_IOW(0x94, 9, int)`; false where the file system cannot.
    private func clone(_ source: ImageFile, to target: ImageFile) -> Bool {
        ioctl(target.descriptor.rawValue, 0x4004_9409, source.descriptor.rawValue) == 0
    }

    private func copy(_ image: any GuestImage, to file: ImageFile, progress: (Double) throws -> Void) throws {
        try file.resize(to: image.size)
        var reporter = ProgressReporter(total: image.size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferSize, alignment: Self.blockSize)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while let range = try image.dataRange(after: offset) {
            let start = max(offset, range.lowerBound)
            // Up to a boundary of the buffer's size, so that blocks keep their alignment.
            let boundary = (start / UInt64(Self.bufferSize) + 1) * UInt64(Self.bufferSize)
            offset = min(range.upperBound, boundary)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(offset - start)])
            try image.read(at: start, into: piece)
            try writeData(UnsafeRawBufferPointer(piece), at: start, to: file)
            try reporter.report(offset, to: progress)
        }
        try reporter.report(image.size, to: progress)
    }

    /// Writes runs of blocks that are not zero, each run in one call.
    private func writeData(_ bytes: UnsafeRawBufferPointer, at offset: UInt64, to file: ImageFile) throws {
        var runStart = 0
        var position = 0
        while position < bytes.count {
            let aligned = Self.blockSize - Int(offset + UInt64(position)) % Self.blockSize
            let end = min(bytes.count, position + aligned)
            if UnsafeRawBufferPointer(rebasing: bytes[position..<end]).isZero {
                try write(bytes[runStart..<position], at: offset + UInt64(runStart), to: file)
                runStart = end
            }
            position = end
        }
        try write(bytes[runStart..<position], at: offset + UInt64(runStart), to: file)
    }

    private func write(_ bytes: Slice<UnsafeRawBufferPointer>, at offset: UInt64, to file: ImageFile) throws {
        if !bytes.isEmpty { try file.write(UnsafeRawBufferPointer(rebasing: bytes), at: offset) }
    }
}
