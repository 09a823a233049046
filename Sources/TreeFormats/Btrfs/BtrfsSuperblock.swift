import DiskFormats

/// The superblock of a btrfs that mkfs.btrfs has just made (Linux, include/uapi/linux/btrfs_tree.h: `btrfs_super_block`).
struct BtrfsSuperblock {
    static let size = 4096
    /// Of the superblock and of its copies; there are as many as the device has room for.
    static let offsets: [UInt64] = [64 << 10, 64 << 20, 256 << 30]

    private enum Incompatible {
        static let noHoles: UInt64 = 0x200
        /// References that name the tree, many names of a file in one directory, short items for nodes.
        static let needed: UInt64 = 0x1 | 0x40 | 0x100
        /// Besides: what says only what the kernel has written or may write: compression, large nodes.
        static let known: UInt64 = needed | 0x8 | 0x10 | 0x20 | noHoles
    }

    private enum ReadOnlyCompatible {
        static let freeSpaceTree: UInt64 = 0x1
        /// Besides: that the tree is up to date, verity.
        static let known: UInt64 = freeSpaceTree | 0x2 | 0x4
    }

    private enum Field {
        static let device = 0xC9
        static let chunkArray = 0x32B
        static let backups = 0xB2B
        static let backupSize = 168
    }

    private(set) var bytes: [UInt8]
    let nodeSize: Int
    let sectorSize: Int
    let checksum: BtrfsChecksum
    let totalBytes: UInt64
    let generation: UInt64
    let hasFreeSpaceTree: Bool
    /// Whether holes are stated.
    let statesHoles: Bool

    init(_ bytes: [UInt8], attempt: String) throws(DiskFormatError) {
        self.bytes = bytes
        func number(_ offset: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: offset) }
        guard number(0x40) == 0x4D5F_5366_5248_425F, number(0x30) == Self.offsets[0] else {
            throw DiskFormatError(.malformed, attempt, "there is no btrfs")
        }
        let unknown = [
            ("incompat", number(0xBC) & ~Incompatible.known), ("compat_ro", number(0xB4) & ~ReadOnlyCompatible.known),
        ].filter { $0.1 != 0 }.map { "\($0.0) \(String($0.1, radix: 16))" }
        guard unknown.isEmpty else {
            throw DiskFormatError(
                .unsupported, attempt, "it has features that are not written here: \(unknown.joined(separator: ", "))")
        }
        guard number(0xBC) & Incompatible.needed == Incompatible.needed else {
            throw DiskFormatError(.unsupported, attempt, "it lacks extref or skinny-metadata")
        }
        guard let checksum = BtrfsChecksum(rawValue: bytes.littleEndian(UInt16.self, at: 0xC4)) else {
            throw DiskFormatError(.unsupported, attempt, "its checksums are neither crc32c nor sha256")
        }
        self.checksum = checksum
        nodeSize = Int(bytes.littleEndian(UInt32.self, at: 0x94))
        sectorSize = Int(bytes.littleEndian(UInt32.self, at: 0x90))
        totalBytes = number(0x70)
        generation = number(0x48)
        hasFreeSpaceTree = number(0xB4) & ReadOnlyCompatible.freeSpaceTree != 0
        statesHoles = number(0xBC) & Incompatible.noHoles == 0
        guard [nodeSize, sectorSize].allSatisfy({ $0.nonzeroBitCount == 1 && (4096...65536).contains($0) }),
            sectorSize <= nodeSize, number(0x88) == 1, number(0x60) == 0, generation > 0
        else { throw DiskFormatError(.malformed, attempt, "its superblock is not that of a new file system") }
    }

    var identifier: [UInt8] { Array(bytes[0x20..<0x30]) }
    /// Of the tree of chunks, and the list of chunks that it takes to find it, as it is.
    var chunkRoot: UInt64 { bytes.littleEndian(UInt64.self, at: 0x58) }
    var chunkArray: [UInt8] {
        let count = Int(min(bytes.littleEndian(UInt32.self, at: 0xA0), 2048))
        return Array(bytes[Field.chunkArray..<Field.chunkArray + count])
    }

    /// An identifier that mkfs.btrfs would draw at random, from that of the file system and what it is for: equal
    /// file systems have equal ones (RFC 9562 version 8).
    func derivedIdentifier(_ purpose: String) -> [UInt8] {
        let text = identifier + Array("ingot btrfs \(purpose)".utf8)
        var bytes = Array(text.withUnsafeBytes { BtrfsChecksum.sha256.sum(of: $0) }[..<16])
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }

    /// Points to new trees; `device` is the item of the only device, `chunks` the list of chunks of the system.
    mutating func point(to roots: BtrfsRoots, used: UInt64, device: [UInt8], chunks: [UInt8]) {
        bytes.setLittleEndian(roots.root.address, at: 0x50)
        bytes.setLittleEndian(roots.chunk.address, at: 0x58)
        bytes.setLittleEndian(used, at: 0x78)
        bytes.setLittleEndian(UInt32(chunks.count), at: 0xA0)
        bytes.setLittleEndian(generation, at: 0xA4)
        bytes[0xC6] = roots.root.level
        bytes[0xC7] = roots.chunk.level
        bytes.replaceSubrange(Field.device..<Field.device + device.count, with: device)
        // That the tree of identifiers is complete: else the kernel looks through all trees when it mounts.
        bytes.setLittleEndian(generation, at: 0x233)
        let rest = [UInt8](repeating: 0, count: Self.size - Field.chunkArray)
        bytes.replaceSubrange(Field.chunkArray..<Self.size, with: rest)
        bytes.replaceSubrange(Field.chunkArray..<Field.chunkArray + chunks.count, with: chunks)
        let backup = roots.backup(generation: generation, totalBytes: totalBytes, used: used)
        bytes.replaceSubrange(Field.backups..<Field.backups + Field.backupSize, with: backup)
    }

    /// The copies, each with its own offset and checksum.
    var copies: [(offset: UInt64, bytes: [UInt8])] {
        Self.offsets.filter { $0 + UInt64(Self.size) <= totalBytes }.map { offset in
            var copy = bytes
            copy.setLittleEndian(offset, at: 0x30)
            checksum.seal(&copy)
            return (offset, copy)
        }
    }
}
