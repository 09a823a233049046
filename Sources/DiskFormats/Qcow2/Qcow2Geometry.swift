/// The arithmetic of a qcow2 image: how a cluster size divides guest and host into tables.
///
/// Source of the limits: the qcow2 specification (cluster_bits 9 to 21) and QEMU's `block/qcow2.h` (a first-level table of
/// at most 32 MiB, a refcount table of at most 8 MiB); QEMU refuses to open what exceeds them.
struct Qcow2Geometry: Sendable, Equatable {
    static let clusterBitsRange = 9...21
    /// Extended entries divide a cluster into 32 parts of at least a sector.
    static let extendedClusterBitsRange = 14...21
    static let largestL1TableSize: UInt64 = 32 << 20
    static let largestRefcountTableSize: UInt64 = 8 << 20
    /// Compressed data is counted in sectors of this size, whatever the cluster size.
    static let sectorSize: UInt64 = 512

    let clusterBits: Int
    /// The guest's disk size in bytes.
    let virtualSize: UInt64
    /// Whether second-level entries are followed by a bitmap of the cluster's parts.
    var hasExtendedL2 = false
    /// The width of a refcount: a power of two up to 64.
    var refcountBits = 16

    var clusterSize: UInt64 { 1 << UInt64(clusterBits) }
    /// Guest clusters, the last of which may be partial.
    var clusterCount: UInt64 { (virtualSize >> UInt64(clusterBits)) + (virtualSize % clusterSize == 0 ? 0 : 1) }
    /// 8-byte words of an entry of a second-level table.
    var wordsPerEntry: Int { hasExtendedL2 ? 2 : 1 }
    /// Entries of a second-level table: it fills one cluster.
    var l2EntryCount: Int { 1 << (clusterBits - 3) / wordsPerEntry }
    /// Guest bytes that one second-level table maps.
    var l2Coverage: UInt64 { clusterSize * UInt64(l2EntryCount) }
    var l1EntryCount: Int { Int(virtualSize / l2Coverage + (virtualSize % l2Coverage == 0 ? 0 : 1)) }
    var refcountBlockEntryCount: Int { (8 << clusterBits) / refcountBits }
    /// The most users that a cluster of the file may have, as far as this program counts.
    var largestRefcount: UInt16 { refcountBits >= 16 ? .max : UInt16(1 << refcountBits - 1) }

    /// Clusters that hold `bytes` bytes.
    func clusters(for bytes: UInt64) -> UInt64 { (bytes + clusterSize - 1) >> UInt64(clusterBits) }

    /// Whether QEMU would open an image with this disk size and cluster size.
    var isWithinLimits: Bool {
        virtualSize <= UInt64(Int64.max) && (virtualSize / l2Coverage + 1) <= Self.largestL1TableSize / 8
    }
}
