import Basics
import DiskFormats

/// Size and use of a file system, from its superblock.
struct FilesystemUsage: Hashable {
    let size: UInt64
    /// Nil where the superblock does not tell.
    let used: UInt64?

    /// Nil for types that are not looked into, and for superblocks that contradict themselves.
    static func of(type: String, in window: DiskWindow) -> FilesystemUsage? {
        switch type {
        case "ext2", "ext3", "ext4": try? ext(window)
        case "xfs": try? xfs(window)
        case "btrfs": try? btrfs(window)
        case "vfat": try? fat(window)
        default: nil
        }
    }

    private static func checked(size: UInt64, used: UInt64?) -> FilesystemUsage? {
        if let used, used > size { return nil }
        return FilesystemUsage(size: size, used: used)
    }

    private static func ext(_ window: DiskWindow) throws -> FilesystemUsage? {
        let block = try Ext4Superblock(window)
        return checked(
            size: block.blockCount * block.blockSize, used: (block.blockCount - block.freeBlockCount) * block.blockSize)
    }

    /// Big-endian: 4 block size, 8 blocks, 144 free blocks (XFS Algorithms & Data Structures, superblock).
    private static func xfs(_ window: DiskWindow) throws -> FilesystemUsage? {
        let bytes = try window.read(at: 0, count: 512)
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            bytes[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let (block, count, free) = (number(4, 4), number(8, 8), number(144, 8))
        guard (512...65536).contains(block), free <= count, count < UInt64(Int64.max) / block else { return nil }
        return checked(size: count * block, used: (count - free) * block)
    }

    /// Little-endian, at 64 KiB: 0x70 bytes in all, 0x78 bytes used.
    private static func btrfs(_ window: DiskWindow) throws -> FilesystemUsage? {
        let bytes = try window.read(at: 65536, count: 512)
        return checked(size: bytes.littleEndian(UInt64.self, at: 0x70), used: bytes.littleEndian(UInt64.self, at: 0x78))
    }

    private static func fat(_ window: DiskWindow) throws -> FilesystemUsage? {
        guard let geometry = FatGeometry(try window.read(at: 0, count: 512)) else { return nil }
        let free = try freeClusters(geometry, window)
        return checked(
            size: geometry.totalSize,
            used: free.map { geometry.totalSize - min($0, geometry.clusterCount) * geometry.clusterSize })
    }

    /// FAT32 has a count, which may be all ones: not counted.
    ///
    /// The others have small tables.
    private static func freeClusters(_ geometry: FatGeometry, _ window: DiskWindow) throws -> UInt64? {
        if geometry.width == .bits32 {
            guard let offset = geometry.informationOffset else { return nil }
            let free = UInt64(try window.read(at: offset, count: 512).littleEndian(UInt32.self, at: 488))
            return free <= geometry.clusterCount ? free : nil
        }
        guard geometry.clusterCount <= 65524 else { return nil }
        let end = Int(geometry.clusterCount) + 2
        let table = try window.read(at: geometry.tableOffset, count: end * 2)
        func isFree(_ cluster: Int) -> Bool {
            if geometry.width == .bits16 { return table.littleEndian(UInt16.self, at: cluster * 2) == 0 }
            let pair = table.littleEndian(UInt16.self, at: cluster * 3 / 2)
            return (cluster.isMultiple(of: 2) ? pair & 0xFFF : pair >> 4) == 0
        }
        return UInt64((2..<end).count { isFree($0) })
    }
}
