import DiskFormats

/// The trees of a file system with one tree of files in it, apart from where they lie.
struct BtrfsParts {
    let tree: FileTree
    let links: BtrfsLinks
    let superblock: BtrfsSuperblock
    let made: FileTree.Time
    let latest: Int64?
    private let device: [UInt8]
    let chunkTreeIdentifier: [UInt8]
    private let volume: [UInt8]

    init(_ tree: FileTree, superblock: BtrfsSuperblock, made: FileTree.Time, latest: Int64?) {
        self.tree = tree
        links = BtrfsLinks(of: tree)
        self.superblock = superblock
        self.made = made
        self.latest = latest
        device = superblock.derivedIdentifier("device")
        chunkTreeIdentifier = superblock.derivedIdentifier("chunk tree")
        volume = superblock.derivedIdentifier("subvolume 5")
    }

    /// All trees but that of the chunks, in the order in which they are written: the root names the others.
    var owners: [UInt64] {
        let usual = [
            BtrfsObject.fileTree, BtrfsObject.checksumTree, BtrfsObject.deviceTree, BtrfsObject.identifierTree,
            BtrfsObject.relocationTree, BtrfsObject.rootTree, BtrfsObject.extentTree,
        ]
        return superblock.hasFreeSpaceTree ? usual + [BtrfsObject.freeSpaceTree] : usual
    }

    func shape(of owner: UInt64, in layout: BtrfsLayout) throws -> BtrfsShape {
        try BtrfsShape(of: items(of: owner, in: layout, sums: []), nodeSize: superblock.nodeSize)
    }

    /// `sums` are the checksums of all files' blocks, or nothing as long as only sizes matter.
    func items(of owner: UInt64, in layout: BtrfsLayout, sums: [UInt8]) -> any BtrfsItems {
        switch owner {
        case BtrfsObject.fileTree: fileItems(layout)
        case BtrfsObject.checksumTree:
            BtrfsChecksumItems(extents: layout.extents.all, superblock: superblock, sums: sums)
        case BtrfsObject.deviceTree: deviceItems(layout)
        case BtrfsObject.identifierTree: identifierItems
        case BtrfsObject.relocationTree: BtrfsItemList(rootDirectory(BtrfsObject.firstInode))
        case BtrfsObject.extentTree: BtrfsExtentItems(layout: layout)
        case BtrfsObject.freeSpaceTree: BtrfsFreeSpaceItems(layout: layout)
        case BtrfsObject.chunkTree: chunkItems(layout)
        default: rootItems(layout)
        }
    }

    private func fileItems(_ layout: BtrfsLayout) -> BtrfsFileItems {
        BtrfsFileItems(
            tree: tree, links: links, extents: layout.extents.all, superblock: superblock, made: made, latest: latest)
    }

    // MARK: The device

    /// A `btrfs_dev_item`.
    func deviceItem(_ layout: BtrfsLayout) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [1, superblock.totalBytes, layout.chunks.taken] { bytes.append(littleEndian: number) }
        for _ in 0..<3 { bytes.append(littleEndian: UInt32(superblock.sectorSize)) }
        // Type, generation, first usable byte, group, speeds: none of them is used.
        bytes.append(zeros: 30)
        return bytes + device + superblock.identifier
    }

    func chunkItems(_ layout: BtrfsLayout) -> BtrfsItemList {
        let chunks = layout.chunks.all.map { chunk in
            (
                key: BtrfsKey(BtrfsObject.chunks, .chunk, chunk.addresses.lowerBound),
                bytes: chunk.item(device: device, sectorSize: superblock.sectorSize)
            )
        }
        return BtrfsItemList([(BtrfsKey(BtrfsObject.devices, .device, 1), deviceItem(layout))] + chunks)
    }

    /// The chunks of the tree of chunks, with their keys, as the superblock has them.
    func systemChunks(_ layout: BtrfsLayout) -> [UInt8] {
        layout.chunks.of(.system).flatMap { chunk in
            BtrfsKey(BtrfsObject.chunks, .chunk, chunk.addresses.lowerBound).bytes
                + chunk.item(device: device, sectorSize: superblock.sectorSize)
        }
    }

    /// Which part of the device belongs to which chunk: `btrfs_dev_extent`.
    private func deviceItems(_ layout: BtrfsLayout) -> BtrfsItemList {
        BtrfsItemList(
            layout.chunks.all.flatMap { chunk in
                chunk.places.map { place in
                    var bytes: [UInt8] = []
                    for number in [
                        BtrfsObject.chunkTree, BtrfsObject.chunks, chunk.addresses.lowerBound, chunk.length,
                    ] { bytes.append(littleEndian: number) }
                    return (BtrfsKey(1, .deviceExtent, place), bytes + chunkTreeIdentifier)
                }
            })
    }

    // MARK: Trees of few items

    /// Which tree of files has which identifier.
    private var identifierItems: BtrfsItemList {
        let key = BtrfsKey(
            volume.littleEndian(UInt64.self, at: 0), .subvolumeIdentifier, volume.littleEndian(UInt64.self, at: 8))
        return BtrfsItemList([(key, [UInt8](littleEndian: BtrfsObject.fileTree))])
    }

    /// An empty directory that is its own parent.
    private func rootDirectory(_ object: UInt64) -> [(key: BtrfsKey, bytes: [UInt8])] {
        var inode = BtrfsInode(modified: made, made: made)
        inode.generation = superblock.generation
        let reference = [UInt8](littleEndian: UInt64(0)) + [UInt8](littleEndian: UInt16(2)) + Array("..".utf8)
        return [(BtrfsKey(object, .inode, 0), inode.bytes), (BtrfsKey(object, .inodeReference, object), reference)]
    }

    /// The tree that names all others, with a directory for the one that is mounted.
    private func rootItems(_ layout: BtrfsLayout) -> BtrfsItemList {
        let name = Array("default".utf8)
        let entry = BtrfsName(
            name, of: BtrfsKey(BtrfsObject.fileTree, .root, .max), type: 2, generation: superblock.generation)
        var items = rootDirectory(BtrfsObject.rootDirectory)
        items.append(
            (BtrfsKey(BtrfsObject.rootDirectory, .name, BtrfsChecksum.hash(ofName: name)), entry.bytes))
        items.append(
            (
                BtrfsKey(BtrfsObject.fileTree, .inodeReference, BtrfsObject.rootDirectory),
                [UInt8](littleEndian: UInt64(0)) + [UInt8](littleEndian: UInt16(name.count)) + name
            ))
        for owner in owners where owner != BtrfsObject.rootTree {
            let hasFiles = owner == BtrfsObject.fileTree
            let root = BtrfsRootItem(
                root: layout.root(of: owner), generation: superblock.generation,
                directory: hasFiles || owner == BtrfsObject.relocationTree ? BtrfsObject.firstInode : 0,
                used: UInt64(layout.addresses(of: owner).count * superblock.nodeSize), nodeSize: superblock.nodeSize,
                volume: hasFiles ? (volume, made) : nil)
            items.append((BtrfsKey(owner, .root, 0), root.bytes))
        }
        return BtrfsItemList(items)
    }
}
