/// Walks the pieces of one size, aligned to it, in which any of some disks may hold data; holes common to all are passed over.
///
/// Whoever reads disks piece by piece takes the same pieces, whatever the formats; memory does not grow with the disk.
struct ChunkCursor: Sendable {
    private let images: [any GuestImage]
    private let chunkSize: UInt64
    /// The size of the largest disk.
    private let end: UInt64
    private var position: UInt64 = 0
    /// By image: the data range found last, which ends after `position`, nil when only zeros follow.
    private var found: [Range<UInt64>?]
    private var isStarted = false

    init(_ images: [any GuestImage], chunkSize: UInt64) {
        self.images = images
        self.chunkSize = chunkSize
        end = images.map(\.size).max() ?? 0
        found = Array(repeating: nil, count: images.count)
    }

    /// The next piece, cut at the end of the largest disk.
    mutating func next() throws -> Range<UInt64>? {
        guard position < end else { return nil }
        for (index, image) in images.enumerated() {
            if isStarted, found[index].map({ $0.upperBound > position }) ?? true { continue }
            found[index] = position < image.size ? try image.dataRange(after: position) : nil
        }
        isStarted = true
        guard let start = found.compactMap({ $0?.lowerBound }).min() else {
            position = end
            return nil
        }
        let first = max(position, start / chunkSize * chunkSize)
        position = min(end, first + chunkSize)
        return first..<position
    }
}
