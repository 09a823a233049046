/// The first bytes of a file as a disk: what a fixed image has in front of its footer.
struct FileWindow: GuestImage {
    let file: ImageFile
    let start: UInt64
    let size: UInt64
    var files: [ImageFile] { [file] }

    /// The caller has checked that the file holds so many bytes.
    init(file: ImageFile, start: UInt64 = 0, size: UInt64) {
        self.file = file
        self.start = start
        self.size = size
    }

    func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size, let run = try file.dataRun(after: start + offset, end: start + size) else { return nil }
        return max(offset, run.lowerBound - start)..<(run.upperBound - start)
    }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        try requireWithin(offset, buffer.count, file)
        try file.read(at: start + offset, into: buffer)
    }
}
