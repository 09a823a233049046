/// The arithmetic of a qcow2 image: how a cluster size divides guest and host into tables.
///
/// Source of the limits: the qcow2 specification (cluster_bits 9 to 21) and QEMU's `block/qcow2.h` (a first-level table of
/// at most 32 MiB, a refcount table of at most 8 MiB); QEMU refuses to open what exceeds them.
struct Qcow2Geometry: Sendable, Equatable {
    static let clusterBitsRange = 9...21
    static let largestL1TableSize: UInt64 = 32 << 20
    static let largestRefcountTableSize: UInt64 = 8 << 20
    /// Compressed data is counted in sectors of this size, whatever the cluster size.
    static let sectorSize: UInt64 = 512

    let clusterBits: Int
    /// The guest's disk size in bytes.
    let virtualSize: UInt64

    var clusterSize: UInt64 { 1 << UInt64(clusterBits) }
    /// Guest clusters, the last of which may be partial.
    var clusterCount: UInt64 { (virtualSize >> UInt64(clusterBits)) + (virtualSize % clusterSize == 0 ? 0 : 1) }
    /// Entries of a second-level table: it fills one cluster with 8-byte entries.
    var l2EntryCount: Int { 1 << (clusterBits - 3) }
    /// Guest bytes that one second-level table maps.
    var l2Coverage: UInt64 { clusterSize << UInt64(clusterBits - 3) }
    var l1EntryCount: Int { Int(virtualSize / l2Coverage + (virtualSize % l2Coverage == 0 ? 0 : 1)) }
    /// Entries of a refcount block of 16-bit counts, which is what this program writes.
    var refcountBlockEntryCount: Int { 1 << (clusterBits - 1) }

    /// Clusters that hold `bytes` bytes.
    func clusters(for bytes: UInt64) -> UInt64 { (bytes + clusterSize - 1) >> UInt64(clusterBits) }

    /// Whether QEMU would open an image with this disk size and cluster size.
    var isWithinLimits: Bool {
        virtualSize <= UInt64(Int64.max) && (virtualSize / l2Coverage + 1) <= Self.largestL1TableSize / 8
    }
}
