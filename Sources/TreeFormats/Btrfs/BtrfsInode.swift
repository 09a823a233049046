import DiskFormats

/// A `btrfs_inode_item`.
struct BtrfsInode {
    static let size = 160

    var generation: UInt64 = 0
    var size: UInt64 = 0
    /// Bytes of blocks, or of what lies in the tree.
    var allocated: UInt64 = 0
    var links: UInt32 = 1
    var user: UInt32 = 0
    var group: UInt32 = 0
    var mode: UInt32 = 0o40755
    var device: UInt64 = 0
    var modified: FileTree.Time
    /// When it was made and last changed, which a tree does not tell.
    var made: FileTree.Time

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        for number in [generation, generation, size, allocated, 0] { bytes.append(littleEndian: number) }
        for number in [links, user, group, mode] { bytes.append(littleEndian: number) }
        bytes.append(littleEndian: device)
        // Flags, the number of changes, and four reserved words.
        bytes.append(zeros: 48)
        for time in [modified, made, modified, made] { Self.append(time, to: &bytes) }
        return bytes
    }

    static func append(_ time: FileTree.Time, to bytes: inout [UInt8]) {
        bytes.append(littleEndian: time.seconds)
        bytes.append(littleEndian: time.nanoseconds)
    }
}
