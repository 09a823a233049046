import DiskFormats
package import SystemPackage

/// Fills an empty btrfs inside an image file, without a mount, a loop device or a privilege.
///
/// The file system has been made by mkfs.btrfs, which decides sizes of nodes and sectors, features, profiles, label and
/// identifier. What it has written is random in part and lies where the files shall be; so all of it is written anew: from the
/// superblock, which says what it decided, and from the tree. Equal trees and equal superblocks give equal bytes: identifiers
/// that mkfs.btrfs draws are derived from that of the file system, and no clock and no order of a directory takes part
/// (decision 0023).
package struct BtrfsVolume {
    /// What was written, all copies counted, and what files may still take, in bytes.
    package struct Usage: Hashable, Sendable {
        package let used: UInt64
        package let available: UInt64
    }

    private let file: ImageFile
    private let offset: UInt64
    private let attempt: String
    private let superblock: BtrfsSuperblock
    private let profiles: BtrfsProfiles

    /// The file system at `offset` bytes of a file.
    package init(_ path: FilePath, offset: UInt64 = 0) throws {
        let attempt = "fill the btrfs at byte \(offset) of '\(path)'"
        let file = try ImageFile.update(path)
        func read(_ start: UInt64, _ count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: count)
            try bytes.withUnsafeMutableBytes { try file.read(at: offset + start, into: $0) }
            return bytes
        }
        let superblock = try BtrfsSuperblock(
            read(BtrfsSuperblock.offsets[0], BtrfsSuperblock.size), attempt: attempt)
        guard let size = try? file.size(), offset <= size, superblock.totalBytes <= size - offset else {
            throw DiskFormatError(.malformed, attempt, "it is larger than what it is in")
        }
        profiles = try BtrfsProfiles(of: superblock, attempt: attempt, read: read)
        self.file = file
        self.offset = offset
        self.attempt = attempt
        self.superblock = superblock
    }

    /// Writes the tree.
    ///
    /// `made` becomes the time at which every inode was made and last changed; times of files later than `latest` become
    /// it. `check` throws when it is time to stop. Not synchronised: who has filled all of an image does that once.
    @discardableResult
    package func fill(
        _ tree: FileTree, made: FileTree.Time, latest: Int64? = nil, check: () throws -> Void = {}
    ) throws -> Usage {
        let parts = BtrfsParts(tree, superblock: superblock, made: made, latest: latest)
        let layout = try BtrfsLayout(parts, profiles: profiles, attempt: attempt)
        // Boot code may lie before the superblock.
        let first = BtrfsSuperblock.offsets[0]
        try ImageSplice().erase(offset + first..<offset + superblock.totalBytes, of: file.path)
        try BtrfsPass(parts: parts, layout: layout, file: file, base: offset).run(check: check)
        return usage(layout)
    }

    private func usage(_ layout: BtrfsLayout) -> Usage {
        var used: UInt64 = 0
        var available = superblock.totalBytes - min(superblock.totalBytes, layout.chunks.taken + 1 << 20)
        available /= UInt64(profiles.data)
        for chunk in layout.chunks.all {
            let taken = layout.used(in: chunk).reduce(UInt64(0)) { $0 + UInt64($1.count) }
            used += taken * UInt64(chunk.places.count)
            if chunk.purpose == .data { available += chunk.length - taken }
        }
        return Usage(used: used, available: available)
    }
}

extension BtrfsProfiles {
    /// Those that mkfs.btrfs has chosen, from the tree of chunks that it has made; `read` gives bytes of the device.
    init(
        of superblock: BtrfsSuperblock, attempt: String, read: (_ offset: UInt64, _ count: Int) throws -> [UInt8]
    ) throws {
        let malformed = DiskFormatError(.malformed, attempt, "its chunks are not those of a new file system")
        let array = superblock.chunkArray
        guard array.count > BtrfsKey.size else { throw malformed }
        let address = array.littleEndian(UInt64.self, at: 9)
        guard let system = BtrfsChunk.parse(array, at: BtrfsKey.size), address <= superblock.chunkRoot else {
            throw malformed
        }
        let leaf = try read(system.places[0] + superblock.chunkRoot - address, superblock.nodeSize)
        guard leaf[100] == 0 else { throw malformed }
        self.init()
        for index in 0..<Int(leaf.littleEndian(UInt32.self, at: 96)) {
            let entry = BtrfsShape.header + index * BtrfsShape.entry
            guard entry + BtrfsShape.entry <= leaf.count else { throw malformed }
            guard leaf[entry + 8] == BtrfsKind.chunk.rawValue else { continue }
            let start = BtrfsShape.header + Int(leaf.littleEndian(UInt32.self, at: entry + 17))
            guard let chunk = BtrfsChunk.parse(leaf, at: start) else { throw malformed }
            let purpose = BtrfsChunk.Purpose(rawValue: chunk.flags & ~BtrfsChunk.duplicate)
            guard let purpose else {
                throw DiskFormatError(
                    .unsupported, attempt, "its chunks have a profile that is neither single nor dup, or are mixed")
            }
            switch purpose {
            case .data: data = chunk.places.count
            case .metadata: metadata = chunk.places.count
            case .system: self.system = chunk.places.count
            }
        }
    }
}
