/// The header of a qcow2 image, big-endian at byte 0.
///
///     0 "QFI\xfb"      4 version          8 backing file offset   16 its length    20 cluster_bits
///     24 virtual size  32 encryption      36 entries of L1        40 L1 offset     48 refcount table offset
///     56 its clusters  60 snapshots       64 snapshots offset     version 3 only:  72 incompatible features
///     80 compatible    88 autoclear       96 refcount_order       100 header length    104 compression type
///
/// Source: qcow2 specification, "Header". Version 2 ends at byte 72 and has 16-bit refcounts.
package struct Qcow2Header: Sendable, Equatable {
    static let magic: UInt32 = 0x5146_49FB
    /// Bytes of the version 3 header that we write: up to the compression type, padded to a multiple of 8.
    static let version3Length: UInt32 = 112

    /// Bits of the incompatible features: a reader that does not know one must refuse.
    struct Incompatible: OptionSet, Sendable {
        let rawValue: UInt64
        static let dirty = Incompatible(rawValue: 1 << 0)
        static let corrupt = Incompatible(rawValue: 1 << 1)
        static let externalData = Incompatible(rawValue: 1 << 2)
        static let compressionType = Incompatible(rawValue: 1 << 3)
        static let extendedL2 = Incompatible(rawValue: 1 << 4)
    }

    /// Bit of the compatible features that allows refcounts to be written late.
    static let lazyRefcountsFlag: UInt64 = 1

    package var version: UInt32 = 3
    package var backingFileOffset: UInt64 = 0
    package var backingFileLength: UInt32 = 0
    package var clusterBits: UInt32 = 16
    package var virtualSize: UInt64 = 0
    package var encryptionMethod: UInt32 = 0
    package var l1EntryCount: UInt32 = 0
    package var l1Offset: UInt64 = 0
    package var refcountTableOffset: UInt64 = 0
    package var refcountTableClusters: UInt32 = 0
    package var snapshotCount: UInt32 = 0
    package var snapshotsOffset: UInt64 = 0
    package var incompatibleFeatures: UInt64 = 0
    package var compatibleFeatures: UInt64 = 0
    package var autoclearFeatures: UInt64 = 0
    package var refcountOrder: UInt32 = 4
    package var headerLength: UInt32 = Qcow2Header.version3Length
    package var compressionType = Qcow2CompressionType.deflate

    package var clusterSize: UInt64 { 1 << UInt64(clusterBits) }
    package var hasBackingFile: Bool { backingFileOffset != 0 }
    package var hasLazyRefcounts: Bool { compatibleFeatures & Self.lazyRefcountsFlag != 0 }

    var incompatible: Incompatible { Incompatible(rawValue: incompatibleFeatures) }
    var geometry: Qcow2Geometry {
        Qcow2Geometry(
            clusterBits: Int(clusterBits), virtualSize: virtualSize,
            hasExtendedL2: incompatible.contains(.extendedL2), refcountBits: 1 << Int(refcountOrder))
    }

    init() {}

    /// The header of a new image; its tables' places are still to come.
    init(geometry: Qcow2Geometry, options: Qcow2Options) {
        version = options.version.rawValue
        clusterBits = UInt32(geometry.clusterBits)
        virtualSize = geometry.virtualSize
        refcountOrder = UInt32(geometry.refcountBits.trailingZeroBitCount)
        compressionType = options.compressionType
        if options.compressionType != .deflate {
            incompatibleFeatures |= Incompatible.compressionType.rawValue
        }
        if geometry.hasExtendedL2 { incompatibleFeatures |= Incompatible.extendedL2.rawValue }
        if options.hasLazyRefcounts { compatibleFeatures = Self.lazyRefcountsFlag }
    }

    /// The header's bytes, its extensions (the backing file's format, the end mark) and the backing file's name.
    func encoded(backing: Qcow2Backing? = nil) -> [UInt8] {
        guard let backing else { return encodedFields() + repeatElement(0, count: 8) }
        var extensions: [UInt8] = []
        if let format = backing.format {
            extensions.appendBigEndian(Qcow2Backing.formatExtension)
            extensions.appendBigEndian(UInt32(format.utf8.count))
            extensions += Array(format.utf8) + repeatElement(0, count: (8 - format.utf8.count % 8) % 8)
        }
        extensions += repeatElement(0, count: 8)
        var header = self
        header.backingFileOffset = UInt64(encodedFields().count + extensions.count)
        header.backingFileLength = UInt32(backing.name.utf8.count)
        return header.encodedFields() + extensions + Array(backing.name.utf8)
    }

    private func encodedFields() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Self.magic)
        bytes.appendBigEndian(version)
        bytes.appendBigEndian(backingFileOffset)
        bytes.appendBigEndian(backingFileLength)
        bytes.appendBigEndian(clusterBits)
        bytes.appendBigEndian(virtualSize)
        bytes.appendBigEndian(encryptionMethod)
        bytes.appendBigEndian(l1EntryCount)
        bytes.appendBigEndian(l1Offset)
        bytes.appendBigEndian(refcountTableOffset)
        bytes.appendBigEndian(refcountTableClusters)
        bytes.appendBigEndian(snapshotCount)
        bytes.appendBigEndian(snapshotsOffset)
        if version >= 3 {
            bytes.appendBigEndian(incompatibleFeatures)
            bytes.appendBigEndian(compatibleFeatures)
            bytes.appendBigEndian(autoclearFeatures)
            bytes.appendBigEndian(refcountOrder)
            bytes.appendBigEndian(headerLength)
            bytes.append(compressionType.rawValue)
            bytes.append(contentsOf: repeatElement(0, count: 7))
        }
        return bytes
    }
}
