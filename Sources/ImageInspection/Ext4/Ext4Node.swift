import DiskFormats

/// An inode with everything that a copy of its file needs (Linux, Documentation/filesystems/ext4/inodes.rst).
struct Ext4Node {
    private enum Flag {
        static let encrypted: UInt32 = 0x800
        static let extents: UInt32 = 0x80000
        static let inline: UInt32 = 0x1000_0000
    }

    private enum Kind {
        static let fifo: UInt16 = 0x1000
        static let characterDevice: UInt16 = 0x2000
        static let directory: UInt16 = 0x4000
        static let blockDevice: UInt16 = 0x6000
        static let file: UInt16 = 0x8000
        static let link: UInt16 = 0xA000
        static let socket: UInt16 = 0xC000
    }

    /// Linux: PATH_MAX.
    private static let longestTarget: UInt64 = 4096

    let inode: Ext4Inode
    let mode: UInt16
    let owner: UInt32
    let group: UInt32
    let linkCount: UInt16
    let modified: ForeignFile.Time
    let isEncrypted: Bool
    /// The block with attributes; 0 for none.
    let attributeBlock: UInt64
    /// What lies behind the fields of the inode: attributes, if there are any.
    let attributeArea: [UInt8]

    /// `bytes` are a whole inode, at least 128.
    init(_ bytes: [UInt8]) {
        func half(_ offset: Int) -> UInt32 { UInt32(bytes.littleEndian(UInt16.self, at: offset)) }
        inode = Ext4Inode(bytes)
        mode = bytes.littleEndian(UInt16.self, at: 0)
        owner = half(2) | half(120) << 16
        group = half(24) | half(122) << 16
        linkCount = bytes.littleEndian(UInt16.self, at: 26)
        isEncrypted = bytes.littleEndian(UInt32.self, at: 32) & Flag.encrypted != 0
        attributeBlock = UInt64(bytes.littleEndian(UInt32.self, at: 104)) | UInt64(half(118)) << 32
        let extra = bytes.count >= 132 ? Int(bytes.littleEndian(UInt16.self, at: 128)) : 0
        let end = 128 + extra
        attributeArea = extra >= 4 && end < bytes.count ? Array(bytes[end...]) : []
        // Two more bits of seconds, thirty of nanoseconds.
        let more = extra >= 12 && bytes.count >= 140 ? bytes.littleEndian(UInt32.self, at: 136) : 0
        let seconds = Int64(Int32(bitPattern: bytes.littleEndian(UInt32.self, at: 16))) + Int64(more & 3) << 32
        modified = ForeignFile.Time(seconds: seconds, nanoseconds: min(more >> 2, 999_999_999))
    }

    var isDirectory: Bool { mode & 0xF000 == Kind.directory }
    var isFile: Bool { mode & 0xF000 == Kind.file }

    /// Nil for a type that Linux does not know.
    func kind(readTarget: () throws -> [UInt8]) throws -> ForeignFile.Kind? {
        switch mode & 0xF000 {
        case Kind.file: return .file
        case Kind.directory: return .directory
        case Kind.fifo: return .fifo
        case Kind.socket: return .socket
        case Kind.characterDevice: return .characterDevice(major: device.major, minor: device.minor)
        case Kind.blockDevice: return .blockDevice(major: device.major, minor: device.minor)
        case Kind.link:
            guard (1..<Self.longestTarget).contains(inode.size) else {
                throw Ext4Superblock.malformed("a link leads nowhere")
            }
            return .link(target: try inode.shortTarget ?? readTarget())
        default: return nil
        }
    }

    /// Eight bits each in the first word, or twelve and twenty in the second (Linux, `new_encode_dev`).
    private var device: (major: UInt32, minor: UInt32) {
        let old = inode.blockArea.littleEndian(UInt32.self, at: 0)
        if old != 0 { return ((old >> 8) & 0xFF, old & 0xFF) }
        let new = inode.blockArea.littleEndian(UInt32.self, at: 4)
        return ((new & 0xFFF00) >> 8, (new & 0xFF) | ((new >> 12) & 0xFFF00))
    }
}
