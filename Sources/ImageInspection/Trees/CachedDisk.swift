package import DiskFormats
import Synchronization

/// A disk of which parts are kept in memory: directories and tables are read many times, a few bytes at a time, and in
/// a compressed image each such read inflates a whole cluster.
package final class CachedDisk: GuestImage {
    private static let most = 256
    private static let smallestPart: UInt64 = 64 << 10

    private let image: any GuestImage
    private let partSize: UInt64
    private let cache = Mutex(Cache())

    private struct Cache {
        var parts: [UInt64: (bytes: [UInt8], used: UInt64)] = [:]
        var clock: UInt64 = 0
    }

    package init(_ image: any GuestImage) {
        self.image = image
        partSize = max(Self.smallestPart, image.readGrain)
    }

    package var size: UInt64 { image.size }
    package var readGrain: UInt64 { image.readGrain }
    package var files: [ImageFile] { image.files }

    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? { try image.dataRange(after: offset) }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        if UInt64(buffer.count) >= 4 * partSize { return try image.read(at: offset, into: buffer) }
        var done = 0
        while done < buffer.count {
            let (index, start) = (offset + UInt64(done)).quotientAndRemainder(dividingBy: partSize)
            let bytes = try part(index)
            let count = min(buffer.count - done, bytes.count - Int(start))
            guard count > 0 else { throw DiskFormatError(.malformed, "read the disk", "it ends at byte \(size)") }
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(start)..<Int(start) + count]))
            }
            done += count
        }
    }

    private func part(_ index: UInt64) throws -> [UInt8] {
        let known = cache.withLock { cache in
            cache.clock += 1
            cache.parts[index]?.used = cache.clock
            return cache.parts[index]?.bytes
        }
        if let known { return known }
        guard index * partSize < size else { return [] }
        let count = Int(min(partSize, size - index * partSize))
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try image.read(at: index * partSize, into: $0) }
        cache.withLock { cache in
            if cache.parts.count >= Self.most {
                // The older half at once: looking for the oldest one each time would cost more than it saves.
                let ages = cache.parts.values.map(\.used).sorted()
                let middle = ages[ages.count / 2]
                cache.parts = cache.parts.filter { $0.value.used > middle }
            }
            cache.parts[index] = (bytes, cache.clock)
        }
        return bytes
    }
}
