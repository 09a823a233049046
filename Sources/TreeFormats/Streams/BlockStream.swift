import DiskFormats
import Glibc
import SystemPackage

/// Gathers what is written to neighbouring blocks into large writes; what is zero stays a hole of the fresh image.
final class BlockStream {
    private static let capacity = 4 << 20
    private static let grain = 65536
    private let file: ImageFile
    private let base: UInt64
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 4096)
    private var start: UInt64 = 0
    private var count = 0

    /// Offsets count from `base` in the file.
    init(_ file: ImageFile, base: UInt64) {
        self.file = file
        self.base = base
    }

    deinit { buffer.deallocate() }

    func write(_ bytes: [UInt8], at offset: UInt64) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws {
        var done = 0
        while done < bytes.count {
            let step = try room(at: offset + UInt64(done), atMost: bytes.count - done)
            step.copyMemory(from: .init(rebasing: bytes[done..<done + step.count]))
            count += step.count
            done += step.count
        }
    }

    /// Copies a part of an open file; zeros up to `padded` follow it.
    ///
    /// `look` sees what is written, in pieces that end where a multiple of 4096 bytes does if everything in this stream
    /// begins and ends so.
    func copy(
        _ source: FileDescriptor, _ part: Range<UInt64>, padded: UInt64, to offset: UInt64,
        look: (UnsafeRawBufferPointer) throws -> Void = { _ in }
    ) throws {
        var position = part.lowerBound
        let end = part.lowerBound + padded
        while position < end {
            let place = offset + (position - part.lowerBound)
            let step = try room(at: place, atMost: Int(min(end - position, UInt64(Self.capacity))))
            var filled = 0
            while filled < step.count, position + UInt64(filled) < part.upperBound {
                let wanted = min(step.count - filled, Int(part.upperBound - position) - filled)
                let target = UnsafeMutableRawBufferPointer(rebasing: step[filled..<filled + wanted])
                let got = try source.read(fromAbsoluteOffset: Int64(position) + Int64(filled), into: target)
                if got == 0 { break }
                filled += got
            }
            UnsafeMutableRawBufferPointer(rebasing: step[filled...]).initializeMemory(as: UInt8.self, repeating: 0)
            try look(UnsafeRawBufferPointer(step))
            count += step.count
            position += UInt64(step.count)
        }
    }

    /// Room for bytes that follow those in the buffer, which are written out if they do not.
    private func room(at offset: UInt64, atMost wanted: Int) throws -> UnsafeMutableRawBufferPointer {
        if count == Self.capacity || start + UInt64(count) != offset { try flush() }
        if count == 0 { start = offset }
        return UnsafeMutableRawBufferPointer(rebasing: buffer[count..<min(Self.capacity, count + wanted)])
    }

    func flush() throws {
        var position = 0
        while position < count {
            var end = position
            func isZero(_ place: Int) -> Bool {
                UnsafeRawBufferPointer(rebasing: buffer[place..<min(count, place + Self.grain)]).isZero
            }
            while end < count, !isZero(end) { end += Self.grain }
            end = min(end, count)
            if end > position {
                try file.write(.init(rebasing: buffer[position..<end]), at: base + start + UInt64(position))
            }
            position = end
            while position < count, isZero(position) { position += Self.grain }
        }
        count = 0
    }
}
