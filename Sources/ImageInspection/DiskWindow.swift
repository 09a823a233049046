import Basics
package import DiskFormats

/// A part of a disk as a guest sees it: a partition, or the whole.
///
/// Everything that is read goes through here, so that no offset that an image names can lead outside of it.
package struct DiskWindow: Sendable {
    private let image: any GuestImage
    /// Bytes from the start of the disk.
    package let offset: UInt64
    package let size: UInt64

    package init(_ image: any GuestImage) {
        self.image = image
        offset = 0
        size = image.size
    }

    private init(_ image: any GuestImage, offset: UInt64, size: UInt64) {
        (self.image, self.offset, self.size) = (image, offset, size)
    }

    /// The part that a partition takes, as far as it is on the disk.
    package func part(at start: UInt64, size wanted: UInt64) -> DiskWindow? {
        guard start < size, wanted > 0 else { return nil }
        return DiskWindow(image, offset: offset + start, size: min(wanted, size - start))
    }

    /// The window as a disk of its own.
    package var asImage: any GuestImage { DiskPart(image: image, offset: offset, size: size) }

    /// The parts of a range that may hold anything but zeros, where the kernel tells at once.
    func data(in range: Range<UInt64>) throws -> [Range<UInt64>] {
        guard let raw = image as? RawImage else { return [range] }
        var result: [Range<UInt64>] = []
        var position = range.lowerBound
        while position < range.upperBound, let found = try raw.dataRange(after: offset + position) {
            let lower = max(found.lowerBound, offset + position) - offset
            let upper = min(max(found.upperBound, offset) - offset, range.upperBound)
            guard lower < upper else { break }
            result.append(lower..<upper)
            position = upper
        }
        return result
    }

    /// Exactly `count` bytes.
    func read(at position: UInt64, count: Int) throws(DiskFormatError) -> [UInt8] {
        guard count >= 0, position <= size, UInt64(count) <= size - position else {
            throw DiskFormatError(.malformed, "read the disk", "byte \(position) is outside of it")
        }
        do {
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                let target = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                try image.read(at: offset + position, into: target)
                initialized = count
            }
        } catch let error as DiskFormatError { throw error } catch {
            throw DiskFormatError(.system, "read the disk", "\(error)")
        }
    }

    /// Fills the buffer; the caller has made room for what it knows to be there.
    func read(at position: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard position <= size, UInt64(buffer.count) <= size - position else {
            throw DiskFormatError(.malformed, "read the disk", "byte \(position) is outside of it")
        }
        try image.read(at: offset + position, into: buffer)
    }

    /// As many of `count` bytes as there are.
    func readAvailable(at position: UInt64, count: Int) throws(DiskFormatError) -> [UInt8] {
        guard position < size else { return [] }
        return try read(at: position, count: Int(min(UInt64(count), size - position)))
    }
}
