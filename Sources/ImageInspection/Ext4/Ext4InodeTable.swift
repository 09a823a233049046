import DiskFormats

/// Finds inodes by their numbers.
struct Ext4InodeTable {
    let window: DiskWindow
    let superblock: Ext4Superblock

    /// The first `count` bytes of an inode.
    func bytes(of number: UInt64, count: UInt64) throws -> [UInt8] {
        guard (1...max(1, superblock.inodeCount)).contains(number) else {
            throw Ext4Superblock.malformed("an inode is outside of the file system")
        }
        let (group, index) = (number - 1).quotientAndRemainder(dividingBy: superblock.inodesPerGroup)
        // In the block behind the superblock's, whatever the first data block is: with clusters it is not where it was.
        let table = (Ext4Superblock.offset / superblock.blockSize + 1) * superblock.blockSize
        let descriptor = try window.read(
            at: table + group * superblock.descriptorSize, count: Int(superblock.descriptorSize))
        let high = superblock.descriptorSize >= 64 ? UInt64(descriptor.littleEndian(UInt32.self, at: 0x28)) << 32 : 0
        let block = UInt64(descriptor.littleEndian(UInt32.self, at: 8)) | high
        guard block < superblock.blockCount else { throw Ext4Superblock.malformed("a group is outside of it") }
        let offset = block * superblock.blockSize + index * superblock.inodeSize
        return try window.read(at: offset, count: Int(count))
    }
}
