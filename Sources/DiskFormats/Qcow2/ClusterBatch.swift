/// A cluster of data, encoded and ready to be placed; its bytes follow those of the cluster before it.
struct EncodedCluster {
    let index: UInt64
    let byteCount: Int
    let isCompressed: Bool
}

/// The encoded clusters of one piece of a disk, in the disk's order; clusters of zeros are left out.
///
/// Holds all that a worker needs (buffers, compressor), so that it can be handed between threads as one value.
struct ClusterBatch: ~Copyable {
    private let compression: ClusterCompression
    private let clusterSize: Int
    private let input: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var compressor: ClusterCompressor?
    private var used = 0
    private(set) var clusters: [EncodedCluster] = []

    /// `capacity` is the number of clusters that fit.
    init(capacity: Int, clusterSize: Int, compression: ClusterCompression) {
        self.compression = compression
        self.clusterSize = clusterSize
        input = .allocate(byteCount: capacity * clusterSize, alignment: 4096)
        output = .allocate(byteCount: capacity * clusterSize, alignment: 4096)
    }

    deinit {
        input.deallocate()
        output.deallocate()
    }

    /// All encoded bytes, without gaps.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[..<used]) }

    /// Replaces the contents by these clusters of an image; what is past the disk's end counts as zero.
    mutating func encode(_ indices: Range<UInt64>, of image: any GuestImage) throws {
        used = 0
        clusters.removeAll(keepingCapacity: true)
        let compressor = try compressor ?? ClusterCompressor(compression)
        self.compressor = compressor
        let offset = indices.lowerBound * UInt64(clusterSize)
        let data = UnsafeMutableRawBufferPointer(rebasing: input[..<(indices.count * clusterSize)])
        let available = Int(min(UInt64(data.count), image.size - offset))
        try image.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: data[..<available]))
        UnsafeMutableRawBufferPointer(rebasing: data[available...]).initializeMemory(as: UInt8.self, repeating: 0)
        for (position, index) in indices.enumerated() {
            let start = position * clusterSize
            append(UnsafeRawBufferPointer(rebasing: data[start..<(start + clusterSize)]), index, compressor)
        }
    }

    /// Adds a cluster: compressed if that makes it smaller, not at all if it is zero.
    private mutating func append(_ cluster: UnsafeRawBufferPointer, _ index: UInt64, _ compressor: ClusterCompressor) {
        if cluster.isZero { return }
        let free = UnsafeMutableRawBufferPointer(rebasing: output[used...])
        let compressed = compressor.compress(cluster, into: free)
        if compressed == nil { free.copyMemory(from: cluster) }
        let count = compressed ?? cluster.count
        clusters.append(EncodedCluster(index: index, byteCount: count, isCompressed: compressed != nil))
        used += count
    }
}
