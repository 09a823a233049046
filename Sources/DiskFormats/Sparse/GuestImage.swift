/// What a guest sees of a disk image, whatever the file's format: a size, bytes, and where data is.
///
/// Calls may come from several threads at once.
package protocol GuestImage: Sendable {
    /// The disk's size in bytes; what lies past the last allocated byte reads as zero.
    var size: UInt64 { get }

    /// The next range, not empty, that may hold anything but zeros and ends after `offset`; nil when only zeros follow.
    ///
    /// The range starts at `offset` or later and ends at or before `size`.
    func dataRange(after offset: UInt64) throws -> Range<UInt64>?

    /// Fills the buffer with the bytes from `offset`; the range must lie within the disk.
    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws

    /// A power of two: reading less than such an aligned block costs as much as the whole, since it is compressed as one.
    var readGrain: UInt64 { get }

    /// The files that the bytes come from, those below an overlay too: none of them may be written meanwhile.
    var files: [ImageFile] { get }
}

extension GuestImage {
    package var readGrain: UInt64 { 1 }
}

extension GuestImage {
    /// Every data range in order, neighbours joined.
    package func dataRanges() throws -> [Range<UInt64>] {
        var ranges: [Range<UInt64>] = []
        var offset: UInt64 = 0
        while let range = try dataRange(after: offset) {
            if let last = ranges.last, last.upperBound == range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
            offset = range.upperBound
        }
        return ranges
    }

    /// Fills the buffer from `offset`; what lies past the disk's end is zero.
    package func readPadded(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        let available = offset < size ? Int(min(UInt64(buffer.count), size - offset)) : 0
        if available > 0 {
            try read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<available]))
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[available...]).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
