import DiskFormats

/// A run of an inode's blocks: where it is in the file, and where on the disk.
struct ExtRun: Hashable {
    let logical: UInt64
    let physical: Range<UInt64>

    /// Longer ones take more than one entry.
    static let limit: UInt64 = 32768
}

/// The list of an inode's blocks, as it stands in the inode and in blocks of its own.
struct ExtBlockList {
    /// 60 bytes.
    let inode: [UInt8]
    /// Blocks of its own, without those of the contents.
    private(set) var ownCount: UInt64 = 0

    /// A tree of extents (Linux, Documentation/filesystems/ext4/ifork.rst): four entries fit the inode, whole blocks hold
    /// the rest, with nodes above them until four are enough.
    init(
        extents runs: [ExtRun], header: ExtHeader, seed: UInt32?, take: (UInt64) throws -> [Range<UInt64>],
        write: ([UInt8], UInt64) throws -> Void
    ) throws {
        var entries: [(logical: UInt64, bytes: [UInt8])] = []
        for run in runs {
            var (logical, block) = (run.logical, run.physical.lowerBound)
            while block < run.physical.upperBound {
                let length = min(ExtRun.limit, run.physical.upperBound - block)
                entries.append((logical, Self.extent(logical, block, length)))
                logical += length
                block += length
            }
        }
        let perBlock = (header.blockSize - 12 - (seed == nil ? 0 : 4)) / 12
        var depth: UInt16 = 0
        while entries.count > 4 {
            var above: [(logical: UInt64, bytes: [UInt8])] = []
            for start in stride(from: 0, to: entries.count, by: perBlock) {
                let part = entries[start..<min(start + perBlock, entries.count)]
                var node = Self.node(part.map(\.bytes), limit: perBlock, depth: depth, size: header.blockSize)
                if let seed {
                    let end = 12 + perBlock * 12
                    node.setLittleEndian(Crc32c.update(seed, node[..<end]), at: end)
                }
                guard let place = try take(1).first?.lowerBound else { continue }
                try write(node, place * UInt64(header.blockSize))
                ownCount += 1
                above.append((part[start].logical, Self.index(part[start].logical, place)))
            }
            entries = above
            depth += 1
        }
        inode = Self.node(entries.map(\.bytes), limit: 4, depth: depth, size: 60)
    }

    private static func node(_ entries: [[UInt8]], limit: Int, depth: UInt16, size: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes.setLittleEndian(UInt16(0xF30A), at: 0)
        bytes.setLittleEndian(UInt16(entries.count), at: 2)
        bytes.setLittleEndian(UInt16(limit), at: 4)
        bytes.setLittleEndian(depth, at: 6)
        for (index, entry) in entries.enumerated() {
            bytes.replaceSubrange(12 + index * 12..<24 + index * 12, with: entry)
        }
        return bytes
    }

    private static func extent(_ logical: UInt64, _ block: UInt64, _ length: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 12)
        bytes.setLittleEndian(UInt32(logical), at: 0)
        bytes.setLittleEndian(UInt16(length), at: 4)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: block >> 32), at: 6)
        bytes.setLittleEndian(UInt32(truncatingIfNeeded: block), at: 8)
        return bytes
    }

    private static func index(_ logical: UInt64, _ block: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 12)
        bytes.setLittleEndian(UInt32(logical), at: 0)
        bytes.setLittleEndian(UInt32(truncatingIfNeeded: block), at: 4)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: block >> 32), at: 8)
        return bytes
    }

    /// Pointers, as ext2 and ext3 have them: twelve in the inode, then blocks full of them, in one to three levels.
    init(
        pointers runs: [ExtRun], header: ExtHeader, take: (UInt64) throws -> [Range<UInt64>],
        write: ([UInt8], UInt64) throws -> Void
    ) throws {
        var own: UInt64 = 0
        let perBlock = UInt64(header.blockSize / 4)
        var area = [UInt8](repeating: 0, count: 60)
        /// The block at a place of the file; nothing for a hole.
        var cursor = 0
        func block(_ logical: UInt64) -> UInt32 {
            while cursor < runs.count, runs[cursor].logical + UInt64(runs[cursor].physical.count) <= logical {
                cursor += 1
            }
            guard cursor < runs.count, runs[cursor].logical <= logical else { return 0 }
            return UInt32(truncatingIfNeeded: runs[cursor].physical.lowerBound + (logical - runs[cursor].logical))
        }
        let end = runs.last.map { $0.logical + UInt64($0.physical.count) } ?? 0
        /// The block of pointers for `span` blocks each from a place on; 0 if all of it is a hole.
        func node(_ start: UInt64, span: UInt64) throws -> UInt32 {
            let isUsed = runs.contains {
                $0.logical < start + span * perBlock && $0.logical + UInt64($0.physical.count) > start
            }
            guard isUsed, let place = try take(1).first?.lowerBound else { return 0 }
            own += 1
            var bytes = [UInt8](repeating: 0, count: header.blockSize)
            for slot in 0..<perBlock where start + slot * span < end {
                let logical = start + slot * span
                bytes.setLittleEndian(
                    span == 1 ? block(logical) : try node(logical, span: span / perBlock), at: Int(slot) * 4)
            }
            try write(bytes, place * UInt64(header.blockSize))
            return UInt32(truncatingIfNeeded: place)
        }
        for slot in 0..<12 { area.setLittleEndian(block(UInt64(slot)), at: slot * 4) }
        var start: UInt64 = 12
        var span: UInt64 = 1
        for slot in 12..<15 where start < end {
            area.setLittleEndian(try node(start, span: span), at: slot * 4)
            start += span * perBlock
            span *= perBlock
        }
        inode = area
        ownCount = own
    }
}
