/// An entry of a second-level table: where a guest cluster is.
///
///     standard    bit 63 refcount is exactly one | bits 9-55 host offset | bit 0 reads as zeros (version 3)
///     compressed  bit 62 set | bits x-61 sectors touched beyond the first | bits 0-(x-1) host byte offset
///                 where x = 62 - (cluster_bits - 8)
///     extended    a second word: bits 0-31 parts that are there | bits 32-63 parts that read as zeros
///
/// Source: qcow2 specification, "Cluster mapping".
struct L2Entry: Equatable {
    /// Where a guest cluster's bytes come from.
    enum Mapping: Equatable {
        /// Not in this file: zero, or what the backing file has.
        case absent
        case zero
        case stored(offset: UInt64)
        /// `byteCount` reaches to the end of the last sector touched: data ends somewhere before.
        case compressed(offset: UInt64, byteCount: Int)
    }

    static let copiedFlag: UInt64 = 1 << 63
    static let compressedFlag: UInt64 = 1 << 62
    static let zeroFlag: UInt64 = 1
    /// Bits 9 to 55: the offset in entries of the first and second level.
    static let offsetMask: UInt64 = 0x00FF_FFFF_FFFF_FE00

    let rawValue: UInt64

    init(rawValue: UInt64) { self.rawValue = rawValue }

    static let absent = L2Entry(rawValue: 0)

    /// Reads as zero, whatever the backing file has; version 3 only.
    static let zero = L2Entry(rawValue: zeroFlag)

    static func stored(offset: UInt64) -> L2Entry { L2Entry(rawValue: offset | copiedFlag) }

    static func compressed(offset: UInt64, byteCount: Int, clusterBits: Int) -> L2Entry {
        let lastSector = (offset + UInt64(byteCount) - 1) / Qcow2Geometry.sectorSize
        let sectors = lastSector - offset / Qcow2Geometry.sectorSize
        return L2Entry(rawValue: compressedFlag | sectors << countShift(clusterBits) | offset)
    }

    func mapping(clusterBits: Int) -> Mapping {
        guard rawValue & Self.compressedFlag != 0 else {
            let offset = rawValue & Self.offsetMask
            if rawValue & Self.zeroFlag != 0 { return .zero }
            return offset == 0 ? .absent : .stored(offset: offset)
        }
        let shift = Self.countShift(clusterBits)
        let offset = rawValue & (1 << shift - 1)
        let sectors = (rawValue & (Self.compressedFlag - 1)) >> shift + 1
        return .compressed(offset: offset, byteCount: Int(sectors * 512 - offset % 512))
    }

    /// Where one of 32 parts of a cluster that is not compressed is; nil for what no entry may say.
    func part(_ index: Int, bitmap: UInt64) -> Mapping? {
        let offset = rawValue & Self.offsetMask
        switch (bitmap >> UInt64(index) & 1, bitmap >> UInt64(32 + index) & 1) {
        case (0, 0): return .absent
        case (0, _): return .zero
        case (_, 0) where offset != 0: return .stored(offset: offset)
        default: return nil
        }
    }

    private static func countShift(_ clusterBits: Int) -> UInt64 { UInt64(62 - (clusterBits - 8)) }
}
