import DiskFormats

/// All chunks of a btrfs, in the order of their addresses and of their places: system, metadata, data.
///
/// What is behind them belongs to nobody, and the kernel gives it to whom it will.
struct BtrfsChunks {
    /// The kernel leaves the first MiB alone.
    private static let first: UInt64 = 1 << 20
    private static let systemSize: UInt64 = 8 << 20

    let all: [BtrfsChunk]
    /// Of the device, by all copies.
    let taken: UInt64

    /// `metadata` and `data` are the bytes that there has to be room for; there is not less metadata than mkfs.btrfs makes.
    init(total: UInt64, profiles: BtrfsProfiles, metadata: UInt64, data: UInt64, attempt: String) throws {
        var all: [BtrfsChunk] = []
        var next = Self.first
        let end = total / BtrfsChunk.stripe * BtrfsChunk.stripe
        func add(_ purpose: BtrfsChunk.Purpose, _ length: UInt64, copies: Int) throws -> BtrfsChunk {
            guard length > 0, next + length * UInt64(copies) <= end else {
                let free = total - min(total, Self.first)
                throw DiskFormatError(
                    .noSpace, attempt,
                    "no space left: its \(free) bytes are too few for \(data) of files"
                        + (profiles.data > 1 ? " (twice)" : "") + " and \(metadata) of metadata"
                        + (profiles.metadata > 1 ? " (twice)" : ""))
            }
            let address = all.last?.addresses.upperBound ?? Self.first
            let chunk = BtrfsChunk(
                purpose: purpose, addresses: address..<address + length,
                places: (0..<copies).map { next + UInt64($0) * length })
            next += length * UInt64(copies)
            all.append(chunk)
            return chunk
        }
        _ = try add(.system, Self.systemSize, copies: profiles.system)
        let size = Self.rounded(min(max(total / 20, 32 << 20), 256 << 20))
        var left = max(metadata, size)
        while left > 0 {
            let length = min(size, (left + BtrfsChunk.stripe - 1) / BtrfsChunk.stripe * BtrfsChunk.stripe)
            _ = try add(.metadata, length, copies: profiles.metadata)
            left -= min(left, length)
        }
        // As the kernel: a tenth of the device, a GiB at most.
        let dataSize = Self.rounded(min(max(total / 10, 8 << 20), 1 << 30))
        var room: UInt64 = 0
        repeat {
            let free = Self.rounded((end - min(end, next)) / UInt64(profiles.data), to: BtrfsChunk.stripe)
            if data == 0, free == 0 { break }
            let chunk = try add(.data, min(dataSize, free), copies: profiles.data)
            room += chunk.usable.reduce(0) { $0 + UInt64($1.count) }
        } while room < data
        self.all = all
        taken = next - Self.first
    }

    private static func rounded(_ size: UInt64, to unit: UInt64 = 1 << 20) -> UInt64 { size / unit * unit }

    func of(_ purpose: BtrfsChunk.Purpose) -> [BtrfsChunk] { all.filter { $0.purpose == purpose } }
}

/// Addresses of one purpose, given out from the first on.
struct BtrfsSpace {
    private let ranges: [Range<UInt64>]
    private var current = 0
    private var next: UInt64

    init(_ chunks: [BtrfsChunk]) {
        ranges = chunks.flatMap(\.usable)
        next = ranges.first?.lowerBound ?? 0
    }

    /// The next run of at most `length` bytes; nothing if all have been given out.
    mutating func take(atMost length: UInt64) -> Range<UInt64>? {
        while current < ranges.count {
            let run = next..<min(ranges[current].upperBound, next + length)
            if !run.isEmpty {
                next = run.upperBound
                return run
            }
            current += 1
            if current < ranges.count { next = ranges[current].lowerBound }
        }
        return nil
    }

    /// What of a chunk has been given out.
    func used(in chunk: BtrfsChunk) -> [Range<UInt64>] {
        ranges.prefix(current + 1).compactMap { range in
            guard chunk.addresses.contains(range.lowerBound) else { return nil }
            let end = current < ranges.count && range == ranges[current] ? next : range.upperBound
            return range.lowerBound < end ? range.lowerBound..<end : nil
        }
    }
}
