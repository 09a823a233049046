import Basics

/// How many blocks a directory of ext2, ext3 or ext4 takes: the kernel's rules, played through.
///
/// A directory of one block is a list. The first name that does not fit makes it a tree ordered by hash, whose leaves
/// split where half of their bytes are; how full they end depends on the names, the seed and the order.
struct ExtDirectory {
    let blockSize: UInt64
    /// Bytes of a block that hold entries: without the checksum.
    let usable: UInt64
    let isIndexed: Bool
    let hash: ExtNameHash

    private typealias Entry = (hash: UInt32, length: UInt64)
    private typealias Leaf = (lowest: UInt32, used: UInt64, entries: [Entry])

    func blocks(for names: [[UInt8]]) -> UInt64 {
        let lengths = names.map { (8 + UInt64($0.count)).roundedUp(to: 4) }
        // `.` and `..`
        guard lengths.reduce(24, +) > usable else { return 1 }
        return isIndexed ? indexedBlocks(names, lengths) : listBlocks(lengths)
    }

    private func listBlocks(_ lengths: [UInt64]) -> UInt64 {
        var blocks: UInt64 = 1
        var used: UInt64 = 24
        for length in lengths {
            if used + length > usable {
                blocks += 1
                used = 0
            }
            used += length
        }
        return blocks
    }

    private func indexedBlocks(_ names: [[UInt8]], _ lengths: [UInt64]) -> UInt64 {
        var leaves: [Leaf] = [(0, 0, [])]
        // Until it becomes a tree, the one block has `.` and `..` too.
        var limit = usable - 24
        for (name, length) in zip(names, lengths) {
            let value = hash.hash(name)
            var index = position(of: value, in: leaves)
            if leaves[index].used + length > limit {
                limit = usable
                split(index, of: &leaves)
                if index + 1 < leaves.count, leaves[index + 1].lowest <= value { index += 1 }
            }
            leaves[index].entries.append((value, length))
            leaves[index].used += length
        }
        return UInt64(leaves.count) + indexBlocks(leaves: UInt64(leaves.count))
    }

    /// The last leaf that starts at or below this hash.
    private func position(of value: UInt32, in leaves: [Leaf]) -> Int {
        var low = 0
        var high = leaves.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if leaves[middle].lowest <= value { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Moves the upper half, by bytes, into a leaf of its own.
    ///
    /// The kernel counts what is free at the end of the block to the entry that comes last there: the one added last, or
    /// after a split the last that stayed, or the highest that moved.
    private func split(_ index: Int, of leaves: inout [Leaf]) {
        let entries = leaves[index].entries
        let slack = usable - min(usable, leaves[index].used)
        let order = entries.indices.sorted { entries[$0].hash < entries[$1].hash }
        func size(_ position: Int) -> UInt64 {
            entries[order[position]].length + (order[position] == entries.count - 1 ? slack : 0)
        }
        var moved: UInt64 = 0
        var first = order.count
        while first > 0, moved + size(first - 1) / 2 <= blockSize / 2 {
            first -= 1
            moved += size(first)
        }
        if first == 0 { first = order.count / 2 }
        guard first > 0, first < order.count else { return }
        func leaf(_ part: [Int], from lowest: UInt32) -> Leaf {
            let own = part.map { entries[$0] }
            return (lowest, own.reduce(0) { $0 + $1.length }, own)
        }
        let lower = leaf(order[..<first].sorted(), from: leaves[index].lowest)
        let upper = leaf(Array(order[first...]), from: entries[order[first]].hash)
        leaves.replaceSubrange(index...index, with: [lower, upper])
    }

    /// The root, and nodes below it where it cannot name all leaves; those split in halves, too.
    private func indexBlocks(leaves: UInt64) -> UInt64 {
        let checksum: UInt64 = usable < blockSize ? 8 : 0
        let rootEntries = (blockSize - 32 - checksum) / 8
        return leaves <= rootEntries ? 1 : 1 + leaves.dividedUp(by: (blockSize - 8 - checksum) / 16)
    }
}
