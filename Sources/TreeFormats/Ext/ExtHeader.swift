import DiskFormats

/// The superblock of an empty ext file system, as mke2fs has made it (Linux, Documentation/filesystems/ext4/super.rst).
struct ExtHeader {
    static let offset: UInt64 = 1024
    static let size = 1024
    static let rootInode: UInt32 = 2

    private enum Compatible {
        static let directoryIndex: UInt32 = 0x20
        /// All that leave files and groups where this writer looks for them: preallocation, journal, attributes, room to
        /// grow, indexed directories, inodes that keep their numbers, fast commits, a file for orphans.
        static let known: UInt32 = 0x1 | 0x4 | 0x8 | 0x10 | directoryIndex | 0x800 | 0x400 | 0x1000
    }

    private enum Incompatible {
        static let fileTypes: UInt32 = 0x2
        static let extents: UInt32 = 0x40
        static let sixtyFourBit: UInt32 = 0x80
        static let checksumSeed: UInt32 = 0x2000
        /// Besides: protection against two mounts, flexible groups, values in inodes, large directories.
        static let known: UInt32 = fileTypes | extents | sixtyFourBit | 0x100 | 0x200 | 0x400 | checksumSeed | 0x4000
    }

    private enum ReadOnlyCompatible {
        static let sparseSuperblocks: UInt32 = 0x1
        static let manySubdirectories: UInt32 = 0x20
        static let checksums: UInt32 = 0x400
        /// Besides: large files, huge files, wide inodes, projects, verity.
        static let known: UInt32 =
            sparseSuperblocks | 0x2 | 0x8 | manySubdirectories | 0x40 | checksums | 0x2000 | 0x8000
    }

    private(set) var bytes: [UInt8]
    let blockSize: Int
    let blockCount: UInt64
    let firstDataBlock: UInt64
    let blocksPerGroup: UInt64
    let inodesPerGroup: UInt32
    let inodeCount: UInt32
    let inodeSize: Int
    let descriptorSize: Int
    let reservedDescriptorBlocks: UInt64
    /// Nothing where metadata has no checksums.
    let checksumSeed: UInt32?
    let hashSeed: [UInt32]
    /// How names are hashed: 1 is half MD4.
    let hashVersion: UInt8
    let hashesUnsigned: Bool

    init(_ bytes: [UInt8], attempt: String) throws(DiskFormatError) {
        self.bytes = bytes
        func number(_ offset: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: offset) }
        guard bytes.littleEndian(UInt16.self, at: 56) == 0xEF53 else {
            throw DiskFormatError(.malformed, attempt, "there is no ext file system")
        }
        let unknown = [
            ("compat", number(0x5C) & ~Compatible.known), ("incompat", number(0x60) & ~Incompatible.known),
            ("ro_compat", number(0x64) & ~ReadOnlyCompatible.known),
        ].filter { $0.1 != 0 }.map { "\($0.0) \(String($0.1, radix: 16))" }
        guard unknown.isEmpty else {
            throw DiskFormatError(
                .unsupported, attempt, "it has features that are not written here: \(unknown.joined(separator: ", "))")
        }
        guard number(0x60) & Incompatible.fileTypes != 0 else {
            throw DiskFormatError(.unsupported, attempt, "it has no feature 'filetype'")
        }
        let isWide = number(0x60) & Incompatible.sixtyFourBit != 0
        blockSize = 1024 << Int(min(number(24), 6))
        blockCount = UInt64(number(4)) | (isWide ? UInt64(number(0x150)) << 32 : 0)
        firstDataBlock = UInt64(number(20))
        blocksPerGroup = UInt64(number(32))
        inodesPerGroup = number(40)
        inodeCount = number(0)
        inodeSize = number(76) == 0 ? 128 : Int(bytes.littleEndian(UInt16.self, at: 88))
        descriptorSize = isWide ? Int(bytes.littleEndian(UInt16.self, at: 0xFE)) : 32
        reservedDescriptorBlocks = UInt64(bytes.littleEndian(UInt16.self, at: 0xCE))
        hashSeed = (0..<4).map { number(0xEC + 4 * $0) }
        hashVersion = bytes[0xFC]
        hashesUnsigned = number(0x160) & 2 != 0
        let hasSums = number(0x64) & ReadOnlyCompatible.checksums != 0
        let ownSeed = number(0x60) & Incompatible.checksumSeed != 0
        checksumSeed = hasSums ? (ownSeed ? number(0x270) : Crc32c.update(.max, bytes[0x68..<0x78])) : nil
        guard number(24) <= 6, blocksPerGroup > 0, blocksPerGroup <= UInt64(blockSize * 8), inodesPerGroup > 0,
            Int(inodesPerGroup) <= blockSize * 8, blockCount > firstDataBlock, firstDataBlock <= 1,
            (128...blockSize).contains(inodeSize), (32...64).contains(descriptorSize),
            UInt64(inodeCount) == UInt64(inodesPerGroup) * groupCount
        else { throw DiskFormatError(.malformed, attempt, "its superblock contradicts itself") }
    }

    var groupCount: UInt64 { (blockCount - firstDataBlock + blocksPerGroup - 1) / blocksPerGroup }
    var descriptorBlocks: UInt64 { (groupCount * UInt64(descriptorSize) + UInt64(blockSize) - 1) / UInt64(blockSize) }
    var descriptorTable: UInt64 { firstDataBlock + 1 }
    var usesExtents: Bool { bytes.littleEndian(UInt32.self, at: 0x60) & Incompatible.extents != 0 }
    var indexesDirectories: Bool {
        bytes.littleEndian(UInt32.self, at: 0x5C) & Compatible.directoryIndex != 0 && hashVersion == 1
    }
    var countsManySubdirectories: Bool {
        bytes.littleEndian(UInt32.self, at: 0x64) & ReadOnlyCompatible.manySubdirectories != 0
    }
    /// Bytes of a block that hold names or entries of an index.
    var tail: Int { checksumSeed == nil ? 0 : 12 }

    var freeBlocks: UInt64 {
        get {
            UInt64(bytes.littleEndian(UInt32.self, at: 12)) | UInt64(bytes.littleEndian(UInt32.self, at: 0x158)) << 32
        }
        set {
            bytes.setLittleEndian(UInt32(truncatingIfNeeded: newValue), at: 12)
            bytes.setLittleEndian(UInt32(truncatingIfNeeded: newValue >> 32), at: 0x158)
        }
    }
    var freeInodes: UInt32 {
        get { bytes.littleEndian(UInt32.self, at: 16) }
        set { bytes.setLittleEndian(newValue, at: 16) }
    }
    /// Only for root.
    var reservedBlocks: UInt64 {
        UInt64(bytes.littleEndian(UInt32.self, at: 8)) | UInt64(bytes.littleEndian(UInt32.self, at: 0x154)) << 32
    }

    /// Whether a group begins with a copy of superblock and descriptors.
    func hasCopy(_ group: UInt64) -> Bool {
        guard bytes.littleEndian(UInt32.self, at: 0x64) & ReadOnlyCompatible.sparseSuperblocks != 0, group > 1 else {
            return true
        }
        return [UInt64(3), 5, 7].contains { base in
            var power = base
            while power < group { power *= base }
            return power == group
        }
    }

    func firstBlock(of group: UInt64) -> UInt64 { firstDataBlock + group * blocksPerGroup }

    /// With its own checksum.
    func finished() -> [UInt8] {
        guard checksumSeed != nil else { return bytes }
        var bytes = bytes
        bytes.setLittleEndian(Crc32c.update(.max, bytes[..<1020]), at: 1020)
        return bytes
    }

    /// The seed for the checksums of an inode and of what it owns; generations are zero.
    func seed(ofInode number: UInt32) -> UInt32? {
        guard let checksumSeed else { return nil }
        var identity = [UInt8](repeating: 0, count: 8)
        identity.setLittleEndian(number, at: 0)
        return Crc32c.update(checksumSeed, identity[...])
    }
}
