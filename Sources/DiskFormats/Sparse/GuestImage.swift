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
}
