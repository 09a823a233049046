import DiskFormats

/// Where everything of a file system will be, before a byte of it is written.
///
/// How much metadata there is depends on where files and nodes lie, and where they lie on how much metadata there is: it is
/// tried until both agree. With more metadata there are never fewer nodes, so that this comes to an end.
struct BtrfsLayout {
    /// A node of a tree.
    struct Node {
        let address: UInt64
        let owner: UInt64
        let level: UInt8
    }

    /// Room for what a kernel writes before it can free anything.
    private static let leastSpare: UInt64 = 8 << 20
    private static let rounds = 64

    let superblock: BtrfsSuperblock
    let chunks: BtrfsChunks
    let extents: BtrfsExtents
    /// In the order of addresses: those of the tree of chunks come first.
    private(set) var nodes: [Node] = []
    private var system: BtrfsSpace
    private var metadata: BtrfsSpace

    init(_ parts: BtrfsParts, profiles: BtrfsProfiles, attempt: String) throws {
        let (superblock, unit) = (parts.superblock, UInt64(parts.superblock.sectorSize))
        let data = BtrfsExtents.demand(of: parts.tree, sectorSize: unit)
        var wanted: UInt64 = 0
        while true {
            let chunks = try BtrfsChunks(
                total: superblock.totalBytes, profiles: profiles, metadata: wanted, data: data, attempt: attempt)
            let extents = BtrfsExtents(of: parts.tree, sectorSize: unit, in: chunks.of(.data))
            var layout = BtrfsLayout(superblock: superblock, chunks: chunks, extents: extents)
            let used = UInt64(try layout.placeNodes(parts, attempt: attempt)) * UInt64(superblock.nodeSize)
            let needed = used + max(used / 4, Self.leastSpare)
            let room = chunks.of(.metadata).reduce(UInt64(0)) { $0 + $1.length }
            if needed <= room {
                self = layout
                return
            }
            wanted = needed
        }
    }

    private init(superblock: BtrfsSuperblock, chunks: BtrfsChunks, extents: BtrfsExtents) {
        self.superblock = superblock
        self.chunks = chunks
        self.extents = extents
        system = BtrfsSpace(chunks.of(.system))
        metadata = BtrfsSpace(chunks.of(.metadata))
    }

    /// Gives the number of nodes, for which there may be too little room.
    private mutating func placeNodes(_ parts: BtrfsParts, attempt: String) throws -> Int {
        let size = superblock.nodeSize
        let chunkTree = try BtrfsShape(of: parts.chunkItems(self), nodeSize: size)
        var shapes: [(owner: UInt64, shape: BtrfsShape)] = []
        for owner in parts.owners where owner != BtrfsObject.extentTree && owner != BtrfsObject.freeSpaceTree {
            shapes.append((owner, try parts.shape(of: owner, in: self)))
        }
        // These two tell of themselves.
        var extent: BtrfsShape?
        var free: BtrfsShape?
        for _ in 0..<Self.rounds {
            var all = shapes
            if let extent { all.append((BtrfsObject.extentTree, extent)) }
            if let free { all.append((BtrfsObject.freeSpaceTree, free)) }
            let count = all.reduce(0) { $0 + $1.shape.count }
            guard let chunkNodes = placed([(BtrfsObject.chunkTree, chunkTree)], in: chunks.of(.system)) else {
                throw DiskFormatError(.unsupported, attempt, "it has more chunks than are written here")
            }
            guard let others = placed(all, in: chunks.of(.metadata)) else { return count + 1 }
            nodes = chunkNodes.nodes + others.nodes
            (system, metadata) = (chunkNodes.space, others.space)
            let newExtent = try BtrfsShape(of: BtrfsExtentItems(layout: self), nodeSize: size)
            let newFree =
                superblock.hasFreeSpaceTree
                ? try BtrfsShape(of: BtrfsFreeSpaceItems(layout: self), nodeSize: size) : nil
            if newExtent == extent, newFree == free { return count }
            (extent, free) = (newExtent, newFree)
        }
        throw DiskFormatError(.unsupported, attempt, "its metadata does not settle; another size of the disk may")
    }

    /// Nothing if there is too little room.
    private func placed(
        _ trees: [(owner: UInt64, shape: BtrfsShape)], in chunks: [BtrfsChunk]
    ) -> (nodes: [Node], space: BtrfsSpace)? {
        var space = BtrfsSpace(chunks)
        var nodes: [Node] = []
        for (owner, shape) in trees {
            for (level, count) in shape.levels.enumerated() {
                for _ in 0..<count {
                    guard let run = space.take(atMost: UInt64(superblock.nodeSize)) else { return nil }
                    nodes.append(Node(address: run.lowerBound, owner: owner, level: UInt8(level)))
                }
            }
        }
        return (nodes, space)
    }

    /// Addresses of a tree's nodes: leaves first, the root last.
    func addresses(of owner: UInt64) -> [UInt64] { nodes.filter { $0.owner == owner }.map(\.address) }

    /// Where a tree begins.
    func root(of owner: UInt64) -> BtrfsRoot {
        let last = nodes.last { $0.owner == owner }
        return BtrfsRoot(address: last?.address ?? 0, level: last?.level ?? 0)
    }

    /// What of a chunk is in use.
    func used(in chunk: BtrfsChunk) -> [Range<UInt64>] {
        switch chunk.purpose {
        case .data: extents.space.used(in: chunk)
        case .metadata: metadata.used(in: chunk)
        case .system: system.used(in: chunk)
        }
    }

    /// Bytes in use, each counted once.
    var used: UInt64 { chunks.all.flatMap(used).reduce(0) { $0 + UInt64($1.count) } }

    /// The places on the device of an address.
    func places(of address: UInt64) -> [UInt64] {
        // The last chunk that begins at or before it.
        var (low, high) = (0, chunks.all.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if chunks.all[middle].addresses.lowerBound <= address { low = middle } else { high = middle }
        }
        let chunk = chunks.all[low]
        return chunk.places.map { $0 + address - chunk.addresses.lowerBound }
    }
}
