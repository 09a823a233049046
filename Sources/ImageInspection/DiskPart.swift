import DiskFormats

/// A part of a disk as a disk of its own, to be copied or opened like one.
struct DiskPart: GuestImage {
    let image: any GuestImage
    let offset: UInt64
    let size: UInt64

    var readGrain: UInt64 { 1 }
    var files: [ImageFile] { image.files }

    func dataRange(after position: UInt64) throws -> Range<UInt64>? {
        guard position < size, let range = try image.dataRange(after: offset + position) else { return nil }
        let lower = max(range.lowerBound, offset) - offset
        let upper = min(range.upperBound - offset, size)
        return lower < upper ? lower..<upper : nil
    }

    func read(at position: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        try image.read(at: offset + position, into: buffer)
    }
}
