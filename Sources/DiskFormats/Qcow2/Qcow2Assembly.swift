/// Places encoded clusters in the file and keeps its tables: the part of writing that must happen in order.
///
/// The second-level table of the moment is the only one in memory: clusters arrive in the disk's order, so a table is
/// written once, when the first cluster of another comes.
struct Qcow2Assembly {
    private let file: ImageFile
    private let geometry: Qcow2Geometry
    private var allocator: HostClusterAllocator
    private var refcounts: RefcountTable
    private var l1: [UInt64]
    /// Big-endian entries of the table `l2Index`; meaningful while that is not nil.
    private var l2: [UInt64]
    private var l2Index: Int?
    private(set) var compressedCount: UInt64 = 0
    private(set) var storedCount: UInt64 = 0

    init(file: ImageFile, geometry: Qcow2Geometry) {
        self.file = file
        self.geometry = geometry
        allocator = HostClusterAllocator(clusterSize: geometry.clusterSize)
        refcounts = RefcountTable(geometry: geometry)
        refcounts.count(0..<geometry.clusterSize)
        l1 = Array(repeating: 0, count: geometry.l1EntryCount)
        l2 = Array(repeating: 0, count: geometry.l2EntryCount)
    }

    /// Writes a batch: neighbours in the file go out in one call.
    mutating func append(_ batch: borrowing ClusterBatch) throws {
        let bytes = batch.bytes
        var position = 0
        var run: (start: Int, offset: UInt64) = (0, 0)
        for cluster in batch.clusters {
            try selectTable(forCluster: cluster.index)
            let offset = place(cluster)
            if offset != run.offset + UInt64(position - run.start) {
                try write(bytes[run.start..<position], at: run.offset)
                run = (position, offset)
            }
            position += cluster.byteCount
        }
        try write(bytes[run.start..<position], at: run.offset)
        try refcounts.writeSettledBlocks(to: file, allocator: &allocator)
    }

    private func write(_ bytes: Slice<UnsafeRawBufferPointer>, at offset: UInt64) throws {
        if !bytes.isEmpty { try file.write(UnsafeRawBufferPointer(rebasing: bytes), at: offset) }
    }

    /// Finds room for a cluster and enters it in the tables.
    private mutating func place(_ cluster: EncodedCluster) -> UInt64 {
        let entry: L2Entry
        let offset: UInt64
        if cluster.isCompressed {
            offset = allocator.bytes(cluster.byteCount)
            entry = .compressed(offset: offset, byteCount: cluster.byteCount, clusterBits: geometry.clusterBits)
            compressedCount += 1
        } else {
            offset = allocator.clusters(1)
            entry = .stored(offset: offset)
            storedCount += 1
        }
        refcounts.count(offset..<(offset + UInt64(cluster.byteCount)))
        l2[Int(cluster.index) & (geometry.l2EntryCount - 1)] = entry.rawValue.bigEndian
        return offset
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
        refcounts.count(offset..<(offset + geometry.clusterSize))
        l1[index] = (offset | L2Entry.copiedFlag).bigEndian
        try l2.withUnsafeBytes { try file.write($0, at: offset) }
        l2.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// Writes all tables and, last, the header; returns the file's size.
    mutating func finish(_ options: Qcow2Options) throws -> UInt64 {
        allocator.finishPacking()
        try writeTable()
        var header = Qcow2Header()
        header.version = options.version.rawValue
        header.clusterBits = UInt32(geometry.clusterBits)
        header.virtualSize = geometry.virtualSize
        header.l1EntryCount = UInt32(l1.count)
        header.l1Offset = try writeL1()
        let table = try refcounts.finish(to: file, allocator: &allocator)
        header.refcountTableOffset = table.offset
        header.refcountTableClusters = UInt32(table.clusters)
        header.compressionType = options.compressionType
        if options.compressionType != .deflate {
            header.incompatibleFeatures = Qcow2Header.Incompatible.compressionType.rawValue
        }
        if options.hasLazyRefcounts { header.compatibleFeatures = Qcow2Header.lazyRefcountsFlag }
        try header.encoded().withUnsafeBytes { try file.write($0, at: 0) }
        try file.resize(to: allocator.end)
        return allocator.end
    }

    /// Writes the first-level table; a disk of size zero has none, and a cluster for it would count as leaked.
    private mutating func writeL1() throws -> UInt64 {
        if l1.isEmpty { return 0 }
        let count = geometry.clusters(for: UInt64(l1.count) * 8)
        let offset = allocator.clusters(count)
        refcounts.count(offset..<(offset + count * geometry.clusterSize))
        try l1.withUnsafeBytes { try file.write($0, at: offset) }
        return offset
    }
}
