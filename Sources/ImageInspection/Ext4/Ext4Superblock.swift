import DiskFormats

/// The superblock of ext2, ext3 or ext4, as far as reading files needs it (Linux, Documentation/filesystems/ext4).
///
/// Every field is checked before it is used for arithmetic: the image may be hostile.
struct Ext4Superblock: Hashable {
    static let offset: UInt64 = 1024
    static let size = 1024

    private enum Incompatible {
        static let compression: UInt32 = 0x1
        static let journalDevice: UInt32 = 0x8
        static let metaGroups: UInt32 = 0x10
        static let sixtyFourBit: UInt32 = 0x80
        static let recovery: UInt32 = 0x4
        /// What a reader of whole trees knows: names with types, a journal to be replayed, extents, 64 bits, protection
        /// against two mounts, flexible groups, values in inodes, seeds of checksums, large directories, files that may
        /// be encrypted, names without case.
        static let treeReadable: UInt32 =
            0x2 | recovery | 0x40 | sixtyFourBit | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x10000 | 0x20000
    }

    /// Changes are in the journal only: the file system was in use when the image was taken.
    let needsRecovery: Bool
    /// Every file can be read here.
    let isTreeReadable: Bool

    let blockSize: UInt64
    let blockCount: UInt64
    let freeBlockCount: UInt64
    let firstDataBlock: UInt64
    let inodeCount: UInt64
    let inodesPerGroup: UInt64
    let inodeSize: UInt64
    let descriptorSize: UInt64

    /// `window` is the file system's.
    init(_ window: DiskWindow) throws(ImageInspectionError) {
        let bytes: [UInt8]
        do { bytes = try window.read(at: Self.offset, count: Self.size) } catch {
            throw ImageInspectionError(.malformed, "read ext4", "there is no superblock")
        }
        func number<Value: FixedWidthInteger>(_ type: Value.Type, _ offset: Int) -> UInt64 {
            UInt64(truncatingIfNeeded: bytes.littleEndian(type, at: offset))
        }
        guard number(UInt16.self, 56) == 0xEF53 else {
            throw ImageInspectionError(.malformed, "read ext4", "there is no superblock")
        }
        let features = bytes.littleEndian(UInt32.self, at: 0x60)
        let unreadable = Incompatible.compression | Incompatible.journalDevice | Incompatible.metaGroups
        guard features & unreadable == 0 else {
            throw ImageInspectionError(.unsupported, "read ext4", "it has features that are not read here")
        }
        needsRecovery = features & Incompatible.recovery != 0
        isTreeReadable = features & ~Incompatible.treeReadable == 0
        let isWide = features & Incompatible.sixtyFourBit != 0
        let shift = number(UInt32.self, 24)
        guard shift <= 6 else { throw Self.malformed("its blocks are too large") }
        blockSize = 1024 << shift
        blockCount = number(UInt32.self, 4) | (isWide ? number(UInt32.self, 0x150) << 32 : 0)
        freeBlockCount = number(UInt32.self, 12) | (isWide ? number(UInt32.self, 0x158) << 32 : 0)
        firstDataBlock = number(UInt32.self, 20)
        inodeCount = number(UInt32.self, 0)
        inodesPerGroup = number(UInt32.self, 40)
        inodeSize = number(UInt32.self, 76) == 0 ? 128 : number(UInt16.self, 88)
        descriptorSize = isWide ? number(UInt16.self, 0xFE) : 32
        guard inodesPerGroup > 0, (128...blockSize).contains(inodeSize), firstDataBlock <= 1,
            (32...1024).contains(descriptorSize), blockCount < UInt64(Int64.max) / blockSize,
            freeBlockCount <= blockCount
        else { throw Self.malformed("its superblock contradicts itself") }
    }

    static func malformed(_ reason: String) -> ImageInspectionError {
        ImageInspectionError(.malformed, "read ext4", reason)
    }
}
