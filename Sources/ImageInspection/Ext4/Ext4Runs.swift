import DiskFormats

/// All blocks of a file at once, in the file's order, neighbours joined.
///
/// `Ext4BlockMap` finds one block; asking it for each block of a large file would walk the tree as often.
struct Ext4Runs {
    struct Run: Hashable {
        var logical: UInt64
        var physical: UInt64
        var count: UInt64
    }

    private static let extentMagic: UInt16 = 0xF30A
    private static let deepestTree: UInt16 = 5
    private static let longestWritten: UInt64 = 32768

    let inode: Ext4Inode
    let blockSize: UInt64
    let readBlock: (_ number: UInt64) throws -> [UInt8]
    private(set) var runs: [Run] = []
    /// Blocks that the file may still have.
    private var budget: UInt64

    /// `most` blocks at most.
    init(
        _ inode: Ext4Inode, blockSize: UInt64, most: UInt64, readBlock: @escaping (UInt64) throws -> [UInt8]
    ) throws {
        self.inode = inode
        self.blockSize = blockSize
        self.readBlock = readBlock
        budget = most
        if inode.usesExtents {
            try addExtents(inode.blockArea, depth: nil)
        } else {
            try addLists()
        }
    }

    /// What the file's size covers; blocks behind it are reserved, not written.
    private var blockCount: UInt64 { inode.size / blockSize + (inode.size.isMultiple(of: blockSize) ? 0 : 1) }

    private mutating func add(_ run: Run) throws {
        guard run.logical < blockCount else { return }
        let count = min(run.count, blockCount - run.logical)
        guard count <= budget else { throw Ext4Superblock.malformed("a file has blocks that are not its own") }
        budget -= count
        guard let last = runs.last else {
            return runs.append(Run(logical: run.logical, physical: run.physical, count: count))
        }
        guard run.logical >= last.logical + last.count else {
            throw Ext4Superblock.malformed("a file has the same block twice")
        }
        if run.logical == last.logical + last.count, run.physical == last.physical + last.count {
            runs[runs.count - 1].count += count
        } else {
            runs.append(Run(logical: run.logical, physical: run.physical, count: count))
        }
    }

    private mutating func addExtents(_ node: [UInt8], depth expected: UInt16?) throws {
        let count = Int(node.littleEndian(UInt16.self, at: 2))
        let depth = node.littleEndian(UInt16.self, at: 6)
        guard node.littleEndian(UInt16.self, at: 0) == Self.extentMagic, count * 12 + 12 <= node.count,
            depth <= Self.deepestTree, expected.map({ $0 == depth }) ?? true
        else { throw Ext4Superblock.malformed("a tree of extents is broken") }
        for start in stride(from: 12, to: count * 12 + 12, by: 12) {
            if depth > 0 {
                let child =
                    UInt64(node.littleEndian(UInt32.self, at: start + 4))
                    | UInt64(node.littleEndian(UInt16.self, at: start + 8)) << 32
                try addExtents(readBlock(child), depth: depth - 1)
                continue
            }
            let length = UInt64(node.littleEndian(UInt16.self, at: start + 4))
            // Longer ones are reserved, and read as zeros.
            guard length <= Self.longestWritten else { continue }
            let physical =
                UInt64(node.littleEndian(UInt32.self, at: start + 8))
                | UInt64(node.littleEndian(UInt16.self, at: start + 6)) << 32
            try add(Run(logical: UInt64(node.littleEndian(UInt32.self, at: start)), physical: physical, count: length))
        }
    }

    /// Twelve numbers, then a list of numbers, a list of lists, a list of lists of lists.
    private mutating func addLists() throws {
        for index in 0..<12 {
            let number = UInt64(inode.blockArea.littleEndian(UInt32.self, at: index * 4))
            if number != 0 { try add(Run(logical: UInt64(index), physical: number, count: 1)) }
        }
        let perBlock = blockSize / 4
        var logical: UInt64 = 12
        for (index, span) in [perBlock, perBlock * perBlock, perBlock * perBlock * perBlock].enumerated() {
            guard logical < blockCount else { return }
            let number = UInt64(inode.blockArea.littleEndian(UInt32.self, at: 48 + index * 4))
            if number != 0 { try addList(number, from: logical, span: span) }
            logical += span
        }
    }

    /// `span` is how many blocks of the file the list is for.
    private mutating func addList(_ number: UInt64, from logical: UInt64, span: UInt64) throws {
        let list = try readBlock(number)
        let each = span / (blockSize / 4)
        for index in 0..<Int(blockSize / 4) {
            let position = logical + UInt64(index) * each
            guard position < blockCount else { return }
            let entry = UInt64(list.littleEndian(UInt32.self, at: index * 4))
            if entry == 0 { continue }
            if each == 1 {
                try add(Run(logical: position, physical: entry, count: 1))
            } else {
                try addList(entry, from: position, span: each)
            }
        }
    }
}
