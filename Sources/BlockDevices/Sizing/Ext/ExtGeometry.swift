import Basics

/// An ext2, ext3 or ext4 filesystem of a size as mke2fs lays it out: what its own metadata takes, what is left.
///
/// Source: the on-disk format, and what mke2fs 1.47 makes of each size; tests compare with dumpe2fs.
struct ExtGeometry: Hashable, Sendable {
    /// Smaller than asked for where a last group would hold nothing but its own metadata: mke2fs leaves that out.
    private(set) var blockCount: UInt64
    private(set) var groupCount: UInt64 = 0
    private(set) var inodesPerGroup: UInt64 = 0
    private(set) var reservedDescriptorBlocks: UInt64 = 0
    private(set) var journalBlocks: UInt64 = 0
    /// Superblocks, descriptors, bitmaps, inode tables; without the journal.
    private(set) var metadataBlocks: UInt64 = 0
    /// Those of superblocks and descriptors alone.
    private var copiesBlocks: UInt64 = 0
    /// Of the fresh filesystem, after its root, `lost+found` and journal.
    private(set) var freeBlocks: UInt64 = 0

    var inodeCount: UInt64 { inodesPerGroup * groupCount }
    /// Without the ten special inodes and `lost+found`.
    var freeInodes: UInt64 { inodeCount - 11 }

    private let settings: ExtSettings
    private var blocksPerGroup: UInt64

    /// Nothing if mke2fs refuses the size.
    init?(size: ByteCount, settings: ExtSettings) {
        self.settings = settings
        blocksPerGroup = settings.blockSize * 8
        // In whole pages, as mke2fs takes it.
        blockCount = size.bytes / 4096 * 4096 / settings.blockSize
        guard settings.inodeSize <= settings.blockSize, [1024, 2048, 4096].contains(settings.blockSize),
            blockCount >= 64
        else { return nil }
        let asked = blockCount
        while !arrange(asked: asked) {
            guard blockCount > firstBlock, blocksPerGroup > 256 else { return nil }
        }
        journalBlocks = settings.has("has_journal") ? Self.journal(settings, blockCount: blockCount) : 0
        guard metadataBlocks < blockCount else { return nil }
        let clean = blockCount - metadataBlocks
        // mke2fs wants a journal to take at most half of what superblocks and descriptors leave; below 2048 blocks it
        // makes none, and says so in passing only.
        let isJournalSound =
            !settings.has("has_journal") || (blockCount >= 2048 && journalBlocks <= (blockCount - copiesBlocks) / 2)
        let own = 1 + Self.lostAndFoundBlocks(settings) + (settings.has("resize_inode") ? 1 : 0)
        guard isJournalSound, clean > own, clean - own > journalBlocks + journalTreeBlocks else { return nil }
        freeBlocks = clean - own - journalBlocks - journalTreeBlocks
    }

    private var firstBlock: UInt64 { settings.blockSize == 1024 ? 1 : 0 }
    private var descriptorsPerBlock: UInt64 { settings.blockSize / (settings.has("64bit") ? 64 : 32) }
    private var descriptorBlocks: UInt64 { groupCount.dividedUp(by: descriptorsPerBlock) }

    /// One attempt; false if another is necessary: without the last group, or with smaller groups since an inode bitmap
    /// of one block would not do.
    private mutating func arrange(asked: UInt64) -> Bool {
        groupCount = (blockCount - firstBlock).dividedUp(by: blocksPerGroup)
        let wanted = settings.inodeCount ?? asked * settings.blockSize / settings.inodeRatio
        let perGroup = max(wanted, 12).dividedUp(by: groupCount)
        guard perGroup <= settings.blockSize * 8 else {
            blocksPerGroup -= 8
            blockCount = asked
            return false
        }
        let tableBlocks = (perGroup * settings.inodeSize).dividedUp(by: settings.blockSize)
        inodesPerGroup = tableBlocks * settings.blockSize / settings.inodeSize / 8 * 8
        let tables = (inodesPerGroup * settings.inodeSize).dividedUp(by: settings.blockSize)
        reservedDescriptorBlocks = settings.has("resize_inode") ? reservedDescriptors(asked: asked) : 0
        let copy = 1 + descriptorBlocks + reservedDescriptorBlocks
        let last = 2 + tables + (hasSuperblock(groupCount - 1) ? copy : 0)
        let rest = (blockCount - firstBlock) % blocksPerGroup
        if rest > 0, rest < last + (groupCount == 1 ? 0 : 50) {
            blockCount -= rest
            return false
        }
        let copies = (0..<groupCount).reduce(into: UInt64(0)) { $0 += hasSuperblock($1) ? 1 : 0 }
        copiesBlocks = copies * copy
        metadataBlocks = firstBlock + groupCount * (2 + tables) + copiesBlocks
        return true
    }

    /// Room to grow to 1024 times the size, or to what `-E resize=` says if that takes any.
    private func reservedDescriptors(asked: UInt64) -> UInt64 {
        func blocks(_ count: UInt64, _ perGroup: UInt64) -> UInt64 {
            count.dividedUp(by: perGroup).dividedUp(by: descriptorsPerBlock)
        }
        let bits = settings.blockSize * 8
        let stated = settings.resizeLimit.map { blocks($0, bits) - min(blocks($0, bits), blocks(asked, bits)) } ?? 0
        let largest: UInt64 = 0xFFFF_FFFF
        let limit = blockCount < largest / 1024 ? blockCount * 1024 : largest
        let usual = blocks(limit - firstBlock, blocksPerGroup)
        return min(stated > 0 ? stated : usual - min(usual, descriptorBlocks), settings.blockSize / 4)
    }

    /// Copies of the superblock are in groups 0, 1 and the powers of 3, 5 and 7.
    private func hasSuperblock(_ group: UInt64) -> Bool {
        guard settings.has("sparse_super"), group > 1 else { return true }
        return ([3, 5, 7] as [UInt64]).contains { base in
            var power = base
            while power < group { power *= base }
            return power == group
        }
    }

    /// Blocks of the tree of extents, or of the pointers, of the journal's own inode.
    private var journalTreeBlocks: UInt64 {
        guard journalBlocks > 0, !settings.has("extent") else { return 0 }
        return ExtModel.pointerBlocks(count: journalBlocks, blockSize: settings.blockSize)
    }

    /// What mke2fs gives by default grows with the filesystem.
    private static func journal(_ settings: ExtSettings, blockCount: UInt64) -> UInt64 {
        if let stated = settings.journal { return stated << 20 / settings.blockSize }
        switch blockCount {
        case ..<2048: return 0
        case ..<(32 << 10): return 1024
        case ..<(256 << 10): return 4096
        case ..<(512 << 10): return 8192
        case ..<(4096 << 10): return 16384
        case ..<(8192 << 10): return 32768
        case ..<(16384 << 10): return 65536
        case ..<(32768 << 10): return 131_072
        default: return 262_144
        }
    }

    /// Made 16 KiB large, as far as twelve blocks go.
    private static func lostAndFoundBlocks(_ settings: ExtSettings) -> UInt64 {
        min(12, max(2, 16384 / settings.blockSize))
    }
}

extension UInt64 {
    func dividedUp(by unit: UInt64) -> UInt64 { self / unit + (self % unit == 0 ? 0 : 1) }
}
