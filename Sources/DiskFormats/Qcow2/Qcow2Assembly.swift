/// Places encoded clusters in the file and keeps its tables: the part of writing that must happen in order.
///
/// The second-level table of the moment is the only one in memory: clusters arrive in the disk's order, so a table is
/// written once, when the first cluster of another comes.
struct Qcow2Assembly {
    private let file: ImageFile
    private let geometry: Qcow2Geometry
    private let options: Qcow2Options
    private var allocator: HostClusterAllocator
    private var refcounts: RefcountTable
    private var l1: [UInt64]
    /// Big-endian words of the table `l2Index`; meaningful while that is not nil.
    private var l2: [UInt64]
    private var l2Index: Int?
    /// The first guest cluster not yet dealt with.
    private var nextCluster: UInt64 = 0
    private var run: PendingRun
    private(set) var compressedCount: UInt64 = 0
    private(set) var storedCount: UInt64 = 0

    init(file: ImageFile, geometry: Qcow2Geometry, options: Qcow2Options) {
        self.file = file
        self.geometry = geometry
        self.options = options
        allocator = HostClusterAllocator(clusterSize: geometry.clusterSize)
        refcounts = RefcountTable(geometry: geometry)
        refcounts.count(0..<geometry.clusterSize)
        l1 = Array(repeating: 0, count: geometry.l1EntryCount)
        l2 = Array(repeating: 0, count: 1 << (geometry.clusterBits - 3))
        run = PendingRun(file: file)
    }

    /// Writes the clusters of a piece: neighbours in memory and file go out in one call.
    mutating func append(_ piece: DiskPiece, _ encoded: EncodedClusters) throws {
        try encoded.bytes.withUnsafeBytes { compressed in
            var position = 0
            for cluster in encoded.clusters {
                try preallocate(upTo: cluster.index)
                try selectTable(forCluster: cluster.index)
                nextCluster = cluster.index + 1
                switch cluster.kind {
                case .zero:
                    // With a bitmap, that says it; bit 0 must be clear then.
                    setEntry(cluster.index, geometry.hasExtendedL2 ? .absent : .zero, zeroParts: .max)
                case .compressed(let count):
                    let data = UnsafeRawBufferPointer(rebasing: compressed[position..<(position + count)])
                    try run.add(data, at: placeCompressed(cluster.index, count))
                    position += count
                case .stored:
                    let start = Int((cluster.index << UInt64(geometry.clusterBits)) - piece.offset)
                    let end = start + Int(geometry.clusterSize)
                    let data = UnsafeRawBufferPointer(rebasing: piece.padded[start..<end])
                    try store(cluster, data)
                }
                try refcounts.writeSettledBlocks(to: file, allocator: &allocator)
            }
            try run.flush()
        }
    }

    private mutating func placeCompressed(_ index: UInt64, _ count: Int) -> UInt64 {
        let offset = allocator.bytes(count, refcounts: refcounts)
        countUse(offset..<(offset + UInt64(count)))
        setEntry(index, .compressed(offset: offset, byteCount: count, clusterBits: geometry.clusterBits))
        compressedCount += 1
        return offset
    }

    private mutating func countUse(_ range: Range<UInt64>) { refcounts.count(range) }

    /// Gives a cluster a place of its own; parts of it that are zero are left out if the entries can tell.
    private mutating func store(_ cluster: EncodedCluster, _ data: UnsafeRawBufferPointer) throws {
        let offset = allocator.clusters(1)
        countUse(offset..<(offset + geometry.clusterSize))
        let parts = cluster.subclusters
        // Without a backing file, a part that is not there reads as zero already.
        let zeroParts = options.backing == nil ? 0 : ~parts
        setEntry(cluster.index, .stored(offset: offset), parts: parts, zeroParts: zeroParts)
        storedCount += 1
        if parts == .max { return try run.add(data, at: offset) }
        let size = data.count / 32
        for part in 0..<32 where parts & 1 << UInt32(part) != 0 {
            let bytes = UnsafeRawBufferPointer(rebasing: data[(part * size)..<((part + 1) * size)])
            try run.add(bytes, at: offset + UInt64(part * size))
        }
    }

    private mutating func setEntry(_ cluster: UInt64, _ entry: L2Entry, parts: UInt32 = 0, zeroParts: UInt32 = 0) {
        let index = Int(cluster) % geometry.l2EntryCount * geometry.wordsPerEntry
        l2[index] = entry.rawValue.bigEndian
        if geometry.hasExtendedL2 { l2[index + 1] = (UInt64(zeroParts) << 32 | UInt64(parts)).bigEndian }
    }

    /// Gives places to the clusters of zeros before `end`, if the options ask for that.
    private mutating func preallocate(upTo end: UInt64) throws {
        guard options.preallocation != .off else { return }
        while nextCluster < end {
            try selectTable(forCluster: nextCluster)
            let tableEnd = (nextCluster / UInt64(geometry.l2EntryCount) + 1) * UInt64(geometry.l2EntryCount)
            let count = min(end, tableEnd, nextCluster + max(1, (1 << 20) / geometry.clusterSize)) - nextCluster
            let start = allocator.clusters(count)
            countUse(start..<(start + count * geometry.clusterSize))
            for number in 0..<count {
                setEntry(nextCluster + number, .stored(offset: start + number * geometry.clusterSize))
            }
            if options.preallocation == .full {
                try [UInt8](repeating: 0, count: Int(count * geometry.clusterSize))
                    .withUnsafeBytes { try file.write($0, at: start) }
            }
            nextCluster += count
            try refcounts.writeSettledBlocks(to: file, allocator: &allocator)
        }
    }

    private mutating func selectTable(forCluster cluster: UInt64) throws {
        let index = Int(cluster) / geometry.l2EntryCount
        if index == l2Index { return }
        try writeTable()
        l2Index = index
    }

    private mutating func writeTable() throws {
        guard let index = l2Index else { return }
        let offset = allocator.clusters(1)
        countUse(offset..<(offset + geometry.clusterSize))
        l1[index] = (offset | L2Entry.copiedFlag).bigEndian
        try l2.withUnsafeBytes { try file.write($0, at: offset) }
        l2.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// Writes all tables and, last, the header; returns the file's size.
    mutating func finish() throws -> UInt64 {
        try preallocate(upTo: geometry.clusterCount)
        allocator.finishPacking()
        try writeTable()
        var header = Qcow2Header(geometry: geometry, options: options)
        header.l1EntryCount = UInt32(l1.count)
        header.l1Offset = try writeL1()
        let table = try refcounts.finish(to: file, allocator: &allocator)
        header.refcountTableOffset = table.offset
        header.refcountTableClusters = UInt32(table.clusters)
        try header.encoded(backing: options.backing).withUnsafeBytes { try file.write($0, at: 0) }
        try file.resize(to: allocator.end)
        switch options.preallocation {
        case .off, .metadata: break
        case .falloc, .full: try file.allocate(allocator.end)
        }
        return allocator.end
    }

    /// Writes the first-level table; a disk of size zero has none, and a cluster for it would count as leaked.
    private mutating func writeL1() throws -> UInt64 {
        if l1.isEmpty { return 0 }
        let count = geometry.clusters(for: UInt64(l1.count) * 8)
        let offset = allocator.clusters(count)
        countUse(offset..<(offset + count * geometry.clusterSize))
        try l1.withUnsafeBytes { try file.write($0, at: offset) }
        return offset
    }
}
