import DiskFormats

extension FuzzTarget {
    private static let rangeLimit = 64
    private static let pieceSize = 64 << 10

    /// Asks an opened image for what every caller asks, within bounds of time, and holds it to its promises.
    func exercise(_ image: any GuestImage) throws {
        guard image.size <= UInt64(Int64.max) else { throw Violation(text: "a disk of \(image.size) bytes") }
        guard image.readGrain.nonzeroBitCount == 1 else { throw Violation(text: "a grain of \(image.readGrain)") }
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        try read(image, at: 0, into: &buffer)
        if image.size > 0 { try read(image, at: image.size - 1, into: &buffer) }
        var offset: UInt64 = 0
        for _ in 0..<Self.rangeLimit {
            guard let range = try image.dataRange(after: offset) else { break }
            guard !range.isEmpty, range.upperBound > offset, range.upperBound <= image.size,
                range.lowerBound >= offset
            else { throw Violation(text: "data \(range) after \(offset) of \(image.size)") }
            try read(image, at: range.lowerBound, into: &buffer)
            try read(image, at: range.upperBound - 1, into: &buffer)
            offset = range.upperBound
        }
    }

    /// What cannot be read is refused; the next place may still be read.
    private func read(_ image: any GuestImage, at offset: UInt64, into buffer: inout [UInt8]) throws {
        let count = Int(min(UInt64(buffer.count), image.size - offset))
        do {
            try buffer.withUnsafeMutableBytes {
                try image.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: $0[..<count]))
            }
        } catch is DiskFormatError {}
    }
}
