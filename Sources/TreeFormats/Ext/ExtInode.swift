import DiskFormats

/// The bytes of an inode (Linux, Documentation/filesystems/ext4/inodes.rst).
struct ExtInode {
    private static let extentsFlag: UInt32 = 0x80000
    private static let indexFlag: UInt32 = 0x1000
    /// Bytes of the fields that Linux 2.6 knows, and of those behind them that this program fills in.
    private static let oldSize = 128
    private static let extraSize = 32

    let number: UInt32
    var mode: UInt16
    var user: UInt32
    var group: UInt32
    var size: UInt64 = 0
    var links: Int
    var modified: FileTree.Time
    /// When it was made and last changed, which a tree does not tell.
    var made: FileTree.Time
    /// Block numbers, the root of the extents, a short link's target, or a device's number: 60 bytes.
    var area = [UInt8](repeating: 0, count: 60)
    var usesExtents = false
    var isIndexed = false
    /// All that it has, in blocks of the file system.
    var blockCount: UInt64 = 0
    var attributeBlock: UInt64 = 0
    var attributes: [ExtAttribute] = []

    /// Bytes for attributes behind the fields.
    static func attributeRoom(_ header: ExtHeader) -> Int { max(0, header.inodeSize - oldSize - extraSize) }

    func bytes(_ header: ExtHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: header.inodeSize)
        func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
        bytes.setLittleEndian(mode, at: 0)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: user), at: 2)
        bytes.setLittleEndian(low(size), at: 4)
        bytes.setLittleEndian(low(UInt64(bitPattern: modified.seconds)), at: 8)
        bytes.setLittleEndian(low(UInt64(bitPattern: made.seconds)), at: 12)
        bytes.setLittleEndian(low(UInt64(bitPattern: modified.seconds)), at: 16)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: group), at: 24)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: links), at: 26)
        let sectors = blockCount * UInt64(header.blockSize / 512)
        bytes.setLittleEndian(low(sectors), at: 28)
        bytes.setLittleEndian((usesExtents ? Self.extentsFlag : 0) | (isIndexed ? Self.indexFlag : 0), at: 32)
        bytes.replaceSubrange(40..<100, with: area)
        bytes.setLittleEndian(low(attributeBlock), at: 104)
        bytes.setLittleEndian(low(size >> 32), at: 108)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: sectors >> 32), at: 116)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: attributeBlock >> 32), at: 118)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: user >> 16), at: 120)
        bytes.setLittleEndian(UInt16(truncatingIfNeeded: group >> 16), at: 122)
        if header.inodeSize >= Self.oldSize + Self.extraSize {
            bytes.setLittleEndian(UInt16(Self.extraSize), at: 128)
            bytes.setLittleEndian(Self.extra(made), at: 132)
            bytes.setLittleEndian(Self.extra(modified), at: 136)
            bytes.setLittleEndian(Self.extra(modified), at: 140)
            bytes.setLittleEndian(low(UInt64(bitPattern: made.seconds)), at: 144)
            bytes.setLittleEndian(Self.extra(made), at: 148)
            let room = Self.attributeRoom(header)
            bytes.replaceSubrange(160..<160 + room, with: ExtAttributeArea.inode(attributes, room: room))
        }
        if let seed = header.seed(ofInode: number) {
            let sum = Crc32c.update(seed, bytes[...])
            bytes.setLittleEndian(UInt16(truncatingIfNeeded: sum), at: 124)
            if header.inodeSize > Self.oldSize { bytes.setLittleEndian(UInt16(truncatingIfNeeded: sum >> 16), at: 130) }
        }
        return bytes
    }

    /// Nanoseconds, and two bits for the years that 32 bits of seconds do not reach.
    private static func extra(_ time: FileTree.Time) -> UInt32 {
        let short = Int64(Int32(truncatingIfNeeded: time.seconds))
        let epoch = UInt32(truncatingIfNeeded: (time.seconds - short) >> 32) & 3
        return time.nanoseconds << 2 | epoch
    }
}
