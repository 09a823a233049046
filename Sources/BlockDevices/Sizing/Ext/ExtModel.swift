package import Basics

/// What trees take in ext2, ext3 and ext4, and what filesystems of these types hold.
package struct ExtModel: FilesystemModel, Hashable {
    package let settings: ExtSettings

    package init(settings: ExtSettings) { self.settings = settings }

    private var blockSize: UInt64 { settings.blockSize }
    private var usesExtents: Bool { settings.has("extent") }

    // MARK: Demand

    package func allocationUnit(at size: ByteCount) -> UInt64 { blockSize }

    package func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        let hash = ExtNameHash(seed: settings.hashSeed)
        var blocks = Self.spareBlocks + part.mountPointCount
        for (index, directory) in part.allDirectories.enumerated() {
            let isRoot = index == 0 && part.root != nil
            let names = directory.names + (isRoot ? [Array("lost+found".utf8)] : [])
            // The root's first block is there already.
            blocks += directoryBlocks(names, hash: hash) - (isRoot ? 1 : 0)
            for file in directory.files { blocks += contentBlocks(file) }
            for length in directory.linkTargets where length >= Self.fastLinkLimit {
                blocks += (length + 1).dividedUp(by: blockSize)
            }
            for attributes in directory.attributes where !fitsInode(attributes) { blocks += 1 }
        }
        return FilesystemDemand(
            bytes: blocks * blockSize, inodes: part.inodeCount + Self.spareInodes,
            leastBytes: part.contentBytes(blockSize: blockSize))
    }

    /// What the engine itself adds to a tree after it was measured: `/etc/fstab`, names of mount points.
    private static let spareBlocks: UInt64 = 4
    private static let spareInodes: UInt64 = 4
    /// Shorter targets lie in the inode.
    private static let fastLinkLimit: UInt64 = 60

    private func contentBlocks(_ file: TreeSurvey.File) -> UInt64 {
        let runs = file.blockRuns(of: blockSize)
        return runs.reduce(0, +)
            + (usesExtents
                ? extentBlocks(of: runs)
                : file.segments == nil
                    ? Self.pointerBlocks(count: runs.reduce(0, +), blockSize: blockSize) : pointerBlocks(of: runs))
    }

    /// Blocks beside the inode that list the extents: four fit the inode, 340 a block of 4 KiB.
    private func extentBlocks(of runs: [UInt64]) -> UInt64 {
        let extents = runs.reduce(0) { $0 + $1.dividedUp(by: Self.usualExtent) }
        guard extents > 4 else { return 0 }
        let perBlock = (blockSize - 16) / 12
        var sum: UInt64 = 0
        var level = extents
        while level > 4 {
            level = level.dividedUp(by: perBlock)
            sum += level
        }
        return sum
    }

    /// Blocks of an extent where there is nothing else in the way: what the kernel writes back at once (8 MiB).
    private static let usualExtent: UInt64 = 2048

    /// Blocks of pointers that ext2 and ext3 need for so many blocks in a row: twelve pointers are in the inode, further
    /// ones in up to three levels.
    static func pointerBlocks(count: UInt64, blockSize: UInt64) -> UInt64 {
        let perBlock = blockSize / 4
        guard count > 12 else { return 0 }
        let beyond = count - 12
        guard beyond > perBlock else { return 1 }
        let second = min(beyond - perBlock, perBlock * perBlock)
        let third = beyond - perBlock - second
        let leaves = third.dividedUp(by: perBlock)
        return 2 + second.dividedUp(by: perBlock)
            + (third > 0 ? 1 + leaves + leaves.dividedUp(by: perBlock) : 0)
    }

    /// The same for a file with holes, at most.
    private func pointerBlocks(of runs: [UInt64]) -> UInt64 {
        let leaves = runs.reduce(0) { $0 + $1.dividedUp(by: blockSize / 4) + 1 }
        return runs.isEmpty ? 0 : leaves + leaves + 1
    }

    private func directoryBlocks(_ names: [[UInt8]], hash: ExtNameHash) -> UInt64 {
        let usable = blockSize - (settings.has("metadata_csum") ? 12 : 0)
        let blocks = ExtDirectory(
            blockSize: blockSize, usable: usable, isIndexed: settings.has("dir_index"), hash: hash
        ).blocks(for: names)
        guard blocks > 4 else { return blocks }
        // It grows block by block between all else: each may lie apart.
        return blocks
            + (usesExtents ? blocks.dividedUp(by: 340) : Self.pointerBlocks(count: blocks, blockSize: blockSize))
    }

    /// Whether extended attributes fit behind the inode's own fields: magic number and end mark take 8 bytes.
    private func fitsInode(_ attributes: [TreeSurvey.Attribute]) -> Bool {
        let fixed: UInt64 = 128 + 32 + 8
        guard settings.inodeSize > fixed else { return false }
        let bytes = attributes.reduce(UInt64(0)) { sum, attribute in
            sum + (16 + Self.storedNameLength(attribute.name)).roundedUp(to: 4)
                + attribute.storedLength.roundedUp(to: 4)
        }
        return bytes <= settings.inodeSize - fixed
    }

    /// Namespaces are stored as a number; access control lists have no further name.
    private static func storedNameLength(_ name: String) -> UInt64 {
        if name.hasPrefix("system.posix_acl_") { return 0 }
        return UInt64(name.utf8.count - name.utf8.prefix { $0 != UInt8(ascii: ".") }.count - 1)
    }

    // MARK: Capacity

    package func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        guard let geometry = ExtGeometry(size: size, settings: settings) else { return .none }
        // Kernels keep 2 %, at most 4096 blocks, for trees of extents that must grow when all else is full.
        let kept = usesExtents ? min(geometry.blockCount / 50, 4096) : 0
        let reserved = UInt64(Double(geometry.blockCount) * settings.reservedPercent / 100)
        let free = geometry.freeBlocks - min(geometry.freeBlocks, kept)
        return FilesystemCapacity(
            bytes: free * blockSize, available: (free - min(free, reserved)) * blockSize, inodes: geometry.freeInodes)
    }
}

extension UInt64 {
    func roundedUp(to unit: UInt64) -> UInt64 { dividedUp(by: unit) * unit }
}
