import DiskFormats

/// A `btrfs_root_item`: where a tree begins, and what it is.
struct BtrfsRootItem {
    let root: BtrfsRoot
    let generation: UInt64
    /// The inode of its root directory; 0 if it has none.
    let directory: UInt64
    /// Bytes of its nodes.
    let used: UInt64
    let nodeSize: Int
    /// Identifier and birth of a tree of files.
    let volume: (identifier: [UInt8], made: FileTree.Time)?

    var bytes: [UInt8] {
        // An inode of its own that nobody reads, with the numbers that mkfs.btrfs gives it.
        let epoch = FileTree.Time(seconds: 0)
        var inode = BtrfsInode(modified: epoch, made: epoch)
        inode.size = 3
        inode.allocated = UInt64(nodeSize)
        var bytes = inode.bytes
        bytes.setLittleEndian(UInt64(1), at: 0)
        // After the size of its nodes: the last snapshot, flags.
        for number in [generation, directory, root.address, 0, used, 0, 0] { bytes.append(littleEndian: number) }
        bytes.append(littleEndian: UInt32(1))
        // That nobody is deleting it.
        bytes.append(zeros: BtrfsKey.size + 1)
        bytes.append(root.level)
        bytes.append(littleEndian: generation)
        bytes += volume?.identifier ?? [UInt8](repeating: 0, count: 16)
        // Parent and source of a received one; changes.
        bytes.append(zeros: 32 + 32)
        for time in [volume?.made ?? epoch, volume?.made ?? epoch, epoch, epoch] { BtrfsInode.append(time, to: &bytes) }
        bytes.append(zeros: 64)
        return bytes
    }
}
