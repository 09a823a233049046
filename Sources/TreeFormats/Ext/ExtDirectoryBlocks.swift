import Basics
import DiskFormats

/// A directory's blocks (Linux, Documentation/filesystems/ext4/directory.rst): a list of names, and where that takes more
/// than one block, a tree that finds a name by its hash.
struct ExtDirectoryBlocks {
    /// A name as it is stored.
    struct Name {
        let bytes: [UInt8]
        let inode: UInt32
        let type: UInt8

        var size: Int { (8 + bytes.count + 3) & ~3 }
    }

    /// Of the kinds in a mode's four highest bits.
    static let types: [UInt16: UInt8] = [8: 1, 4: 2, 2: 3, 6: 4, 1: 5, 12: 6, 10: 7]

    let header: ExtHeader
    let inode: UInt32
    let parent: UInt32
    /// In the order of their bytes.
    let names: [Name]

    private var usable: Int { header.blockSize - header.tail }
    private var links: [Name] {
        [Name(bytes: [0x2E], inode: inode, type: 2), Name(bytes: [0x2E, 0x2E], inode: parent, type: 2)]
    }

    /// Whole blocks, and whether they are a tree.
    func blocks() -> (blocks: [[UInt8]], isIndexed: Bool) {
        let lists = filled(links + names, limit: usable)
        guard lists.count > 1, header.indexesDirectories, let tree = indexed() else {
            return (lists.map(list), false)
        }
        return (tree, true)
    }

    /// Divides names among blocks, in their order.
    private func filled(_ names: [Name], limit: Int) -> [[Name]] {
        var lists: [[Name]] = [[]]
        var used = 0
        for name in names {
            if used + name.size > limit {
                lists.append([])
                used = 0
            }
            lists[lists.count - 1].append(name)
            used += name.size
        }
        return lists
    }

    /// A block of names: the last of them has the rest of it.
    private func list(_ names: [Name]) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: header.blockSize)
        var position = 0
        for (index, name) in names.enumerated() {
            let length = index == names.count - 1 ? usable - position : name.size
            put(name, length: length, at: position, in: &block)
            position += name.size
        }
        if names.isEmpty { block.setLittleEndian(UInt16(usable), at: 4) }
        seal(&block)
        return block
    }

    private func put(_ name: Name, length: Int, at position: Int, in block: inout [UInt8]) {
        block.setLittleEndian(name.inode, at: position)
        block.setLittleEndian(UInt16(truncatingIfNeeded: length), at: position + 4)
        block[position + 6] = UInt8(name.bytes.count)
        block[position + 7] = name.type
        block.replaceSubrange(position + 8..<position + 8 + name.bytes.count, with: name.bytes)
    }

    /// The checksum looks like a name without an inode.
    private func seal(_ block: inout [UInt8]) {
        guard let seed = header.seed(ofInode: inode) else { return }
        let sum = Crc32c.update(seed, block[..<usable])
        block.setLittleEndian(UInt16(12), at: usable + 4)
        block[usable + 7] = 0xDE
        block.setLittleEndian(sum, at: usable + 8)
    }

    // MARK: The tree

    /// The root first, then nodes of the index if one level is not enough, then leaves in the order of hashes.
    private func indexed() -> [[UInt8]]? {
        let hash = ExtNameHash(seed: header.hashSeed, isUnsigned: header.hashesUnsigned)
        let hashed = names.map { (hash: hash.hash($0.bytes), name: $0) }
            .sorted { $0.hash != $1.hash ? $0.hash < $1.hash : $0.name.bytes.lexicographicallyPrecedes($1.name.bytes) }
        let leaves = filled(hashed.map(\.name), limit: usable)
        var first = 0
        var lowest: [UInt32] = []
        for leaf in leaves {
            // The low bit says that names of this hash begin in the leaf before.
            let continues = first > 0 && hashed[first - 1].hash == hashed[first].hash
            lowest.append(hashed[first].hash | (continues ? 1 : 0))
            first += leaf.count
        }
        let checksum = header.tail == 0 ? 0 : 8
        let rootLimit = (header.blockSize - 32 - checksum) / 8
        let nodeLimit = (header.blockSize - 8 - checksum) / 8
        if leaves.count <= rootLimit {
            let entries = lowest.enumerated().map { (hash: $1, block: UInt32($0 + 1)) }
            return [root(entries, limit: rootLimit, levels: 0)] + leaves.map(list)
        }
        let nodeCount = (leaves.count + nodeLimit - 1) / nodeLimit
        guard nodeCount <= rootLimit else { return nil }
        let leafEntries = lowest.enumerated().map { (hash: $1, block: UInt32($0 + 1 + nodeCount)) }
        let parts = stride(from: 0, to: leaves.count, by: nodeLimit).map {
            Array(leafEntries[$0..<min($0 + nodeLimit, leaves.count)])
        }
        let entries = parts.enumerated().map { (hash: $1[0].hash, block: UInt32($0 + 1)) }
        return [root(entries, limit: rootLimit, levels: 1)] + parts.map { node($0, limit: nodeLimit) }
            + leaves.map(list)
    }

    private func root(_ entries: [(hash: UInt32, block: UInt32)], limit: Int, levels: UInt8) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: header.blockSize)
        put(links[0], length: 12, at: 0, in: &block)
        put(links[1], length: header.blockSize - 12, at: 12, in: &block)
        block[28] = header.hashVersion
        block[29] = 8
        block[30] = levels
        enter(entries, limit: limit, at: 32, in: &block)
        return block
    }

    private func node(_ entries: [(hash: UInt32, block: UInt32)], limit: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: header.blockSize)
        block.setLittleEndian(UInt16(truncatingIfNeeded: header.blockSize), at: 4)
        enter(entries, limit: limit, at: 8, in: &block)
        return block
    }

    /// The first entry has no hash: limit and count stand in its place.
    private func enter(
        _ entries: [(hash: UInt32, block: UInt32)], limit: Int, at start: Int, in block: inout [UInt8]
    ) {
        for (index, entry) in entries.enumerated() {
            if index > 0 { block.setLittleEndian(entry.hash, at: start + index * 8) }
            block.setLittleEndian(entry.block, at: start + index * 8 + 4)
        }
        block.setLittleEndian(UInt16(limit), at: start)
        block.setLittleEndian(UInt16(entries.count), at: start + 2)
        guard let seed = header.seed(ofInode: inode) else { return }
        // The reserved word of the tail and its checksum, which are zero, are summed too.
        let sum = Crc32c.update(seed, block[..<(start + entries.count * 8)])
        block.setLittleEndian(Crc32c.update(sum, [UInt8](repeating: 0, count: 8)[...]), at: start + limit * 8 + 4)
    }
}
