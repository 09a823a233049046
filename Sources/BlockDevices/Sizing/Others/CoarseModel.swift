import Basics

/// For filesystems whose rules are not known here: three quarters of the disk hold the contents and a block per inode.
struct CoarseModel: FilesystemModel {
    private static let blockSize: UInt64 = 4096

    func allocationUnit(at size: ByteCount) -> UInt64 { Self.blockSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        let contents = part.contentBytes(blockSize: Self.blockSize)
        return FilesystemDemand(
            bytes: contents + part.inodeCount * Self.blockSize, inodes: part.inodeCount, leastBytes: 0)
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        let usable = size.bytes / 4 * 3 - min(size.bytes / 4 * 3, 64 << 20)
        return FilesystemCapacity(bytes: usable, available: usable, mostBytes: size.bytes)
    }
}
