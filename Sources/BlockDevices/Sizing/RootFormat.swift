package import Basics

/// What the size of the disk decides about an ext4 root filesystem.
package struct RootFormat: Hashable, Sendable, Codable {
    /// MiB, for `-J size=`; nothing for filesystems other than ext4.
    package var journal: UInt64?
    /// For `-N`; nothing lets one inode for each 4 KiB be made, as upstream does.
    package var inodes: UInt64?

    package init(journal: UInt64? = nil, inodes: UInt64? = nil) {
        self.journal = journal
        self.inodes = inodes
    }
}

extension RootFormat {
    private static let usualJournal: UInt64 = 64
    private static let leastJournal: UInt64 = 4
    /// MiB of tree from which the usual journal is in proportion.
    private static let treeForUsualJournal: UInt64 = 96

    /// MiB of journal for a tree of so many bytes: upstream's 64, which also suits the disk that the root will grow to;
    /// for small trees half as much as the tree.
    package static func journal(tree: ByteCount) -> UInt64 {
        let mebibytes = tree.bytes >> 20
        return mebibytes >= treeForUsualJournal ? usualJournal : max(leastJournal, mebibytes / 2)
    }
}

/// How many inodes an exactly sized ext4 root is made with.
///
/// Enough for the tree and for one more file per 16 KiB of free space; and, since a root that grows gets inodes by
/// the group of 128 MiB, at least 8192 a group, which is mke2fs's own usual density, or one for each 4 KiB of a smaller
/// group (decision 0009).
struct InodePolicy {
    private static let blockSize: UInt64 = 4096
    private static let groupBlocks: UInt64 = 32768
    private static let usualPerGroup: UInt64 = 8192
    /// The special ones, and those that every size has to spare.
    private static let spare: UInt64 = 16

    /// For a filesystem of this size, a tree of so many inodes, and so many bytes free.
    static func count(size: ByteCount, tree: UInt64, free: UInt64) -> UInt64 {
        let blocks = max(1, size.bytes / blockSize)
        let groups = blocks.dividedUp(by: groupBlocks)
        let usual = min(usualPerGroup, blocks.dividedUp(by: groups)) * groups
        let wanted = max(usual, tree + spare + free / 16384)
        // Whole blocks of the inode table; at most as many as a bitmap of one block has bits.
        return min(wanted.dividedUp(by: groups).roundedUp(to: 16), groupBlocks) * groups
    }
}
