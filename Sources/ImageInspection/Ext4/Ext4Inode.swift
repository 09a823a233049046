import DiskFormats

/// A file, directory or link of ext4: its kind, its size, and where its blocks are.
struct Ext4Inode {
    enum Kind: UInt16 {
        case directory = 0x4000
        case file = 0x8000
        case link = 0xA000
    }

    private static let extentsFlag: UInt32 = 0x80000
    private static let inlineFlag: UInt32 = 0x1000_0000

    /// Nil for devices and the like.
    let kind: Kind?
    let size: UInt64
    let usesExtents: Bool
    /// Contents in the inode itself, which is not read here; links have theirs there without the flag.
    let isInline: Bool
    /// 60 bytes: block numbers, the root of a tree of extents, or a short link's target.
    let blockArea: [UInt8]

    /// `bytes` are at least 128.
    init(_ bytes: [UInt8]) {
        kind = Kind(rawValue: bytes.littleEndian(UInt16.self, at: 0) & 0xF000)
        size = UInt64(bytes.littleEndian(UInt32.self, at: 4)) | UInt64(bytes.littleEndian(UInt32.self, at: 108)) << 32
        let flags = bytes.littleEndian(UInt32.self, at: 32)
        usesExtents = flags & Self.extentsFlag != 0
        isInline = flags & Self.inlineFlag != 0
        blockArea = Array(bytes[40..<100])
    }

    /// The target of a link that is short enough to stand where block numbers would.
    var shortTarget: [UInt8]? { kind == .link && size < 60 && !usesExtents ? Array(blockArea[..<Int(size)]) : nil }
}
