import DiskFormats

/// Finds the blocks of a file: by a tree of extents (ext4) or by lists of block numbers (ext2, ext3).
struct Ext4BlockMap {
    private static let extentMagic: UInt16 = 0xF30A
    /// ext4's own limit (EXT4_MAX_EXTENT_DEPTH).
    private static let deepestTree: UInt16 = 5
    /// Extents longer than this are allocated but not written; they read as zeros.
    private static let longestWritten: UInt64 = 32768

    let inode: Ext4Inode
    let blockSize: UInt64
    let readBlock: (_ number: UInt64) throws -> [UInt8]

    /// The block that holds the file's `index`th; nil in a hole.
    func physical(_ index: UInt64) throws -> UInt64? {
        inode.usesExtents ? try inExtents(index) : try inLists(index)
    }

    private func inExtents(_ index: UInt64) throws -> UInt64? {
        var node = inode.blockArea
        var expected: UInt16?
        while true {
            let count = Int(node.littleEndian(UInt16.self, at: 2))
            let depth = node.littleEndian(UInt16.self, at: 6)
            guard node.littleEndian(UInt16.self, at: 0) == Self.extentMagic, count * 12 + 12 <= node.count,
                depth <= Self.deepestTree, expected.map({ $0 == depth }) ?? true
            else { throw Ext4Superblock.malformed("a tree of extents is broken") }
            let entries = (1..<(count + 1)).map { Array(node[($0 * 12)..<($0 * 12 + 12)]) }
            if depth == 0 { return entries.lazy.compactMap { Self.block(index, in: $0) }.first ?? nil }
            guard let entry = entries.last(where: { UInt64($0.littleEndian(UInt32.self, at: 0)) <= index }) else {
                return nil
            }
            let child =
                UInt64(entry.littleEndian(UInt32.self, at: 4)) | UInt64(entry.littleEndian(UInt16.self, at: 8)) << 32
            node = try readBlock(child)
            expected = depth - 1
        }
    }

    private static func block(_ index: UInt64, in extent: [UInt8]) -> UInt64?? {
        let first = UInt64(extent.littleEndian(UInt32.self, at: 0))
        let length = UInt64(extent.littleEndian(UInt16.self, at: 4))
        let isWritten = length <= longestWritten
        guard index >= first, index - first < (isWritten ? length : length - longestWritten) else { return nil }
        let start =
            UInt64(extent.littleEndian(UInt32.self, at: 8)) | UInt64(extent.littleEndian(UInt16.self, at: 6)) << 32
        return .some(isWritten ? start + (index - first) : nil)
    }

    /// Twelve numbers, then a list of numbers, then a list of lists; what lies behind is more than is read here.
    private func inLists(_ index: UInt64) throws -> UInt64? {
        let perBlock = blockSize / 4
        func entry(_ bytes: [UInt8], _ index: UInt64) -> UInt64? {
            let number = UInt64(bytes.littleEndian(UInt32.self, at: Int(index) * 4))
            return number == 0 ? nil : number
        }
        if index < 12 { return entry(inode.blockArea, index) }
        let second = index - 12
        if second < perBlock { return try entry(inode.blockArea, 12).flatMap { entry(try readBlock($0), second) } }
        let third = second - perBlock
        guard third < perBlock * perBlock else { throw Ext4Superblock.malformed("a file is larger than it may be") }
        guard let list = try entry(inode.blockArea, 13).flatMap({ entry(try readBlock($0), third / perBlock) }) else {
            return nil
        }
        return entry(try readBlock(list), third % perBlock)
    }
}
