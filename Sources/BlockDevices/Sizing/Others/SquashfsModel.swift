import Basics

/// What a tree takes in squashfs at the very most: as if nothing could be compressed.
///
/// mksquashfs keeps whichever is smaller of a block and its compressed form, so this holds for all of its options. The
/// records are those of the kernel's `fs/squashfs/squashfs_fs.h`.
struct SquashfsModel: FilesystemModel {
    /// Superblock, a compressor's options, the last block filled up.
    private static let fixed: UInt64 = 96 + 256 + 4096
    /// The least block size; a file has at most a word for each.
    private static let leastBlock: UInt64 = 4096
    /// The largest, for words that are not understood.
    private static let largestBlock: UInt64 = 1 << 20
    private let blockSize: UInt64

    /// The block size is the last that the options name, as `-b 256K`; 128 KiB if none does.
    init(_ command: FormatCommand) {
        guard let option = command.arguments.lastIndex(of: "-b"), option + 1 < command.arguments.count else {
            blockSize = 128 << 10
            return
        }
        let word = command.arguments[option + 1].uppercased()
        let shift = word.hasSuffix("K") ? 10 : word.hasSuffix("M") ? 20 : 0
        let number = UInt64(shift == 0 ? word[...] : word.dropLast()) ?? 0
        let size = number <= Self.largestBlock ? number << shift : 0
        blockSize = (Self.leastBlock...Self.largestBlock).contains(size) ? size : Self.largestBlock
    }

    func allocationUnit(at size: ByteCount) -> UInt64 { blockSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        // An extended inode, its entry in the export table, an owner, and the fragment that it may be alone in.
        var metadata = (part.inodeCount + 1) * (64 + 8 + 4 + 16)
        metadata += part.mountPointCount * (12 + 8 + 255)
        var contents: UInt64 = 0
        for directory in part.allDirectories {
            // An entry, a header in case it is alone, and its part of the directory's index.
            for name in directory.names { metadata += 12 + 8 + UInt64(name.count) + 16 }
            for file in directory.files {
                // Blocks of zeros are not written; those with anything else are.
                contents += min(file.size, file.blockRuns(of: blockSize).reduce(0, +) * blockSize)
                metadata += file.size.dividedUp(by: Self.leastBlock) * 4
            }
            metadata += directory.linkTargets.reduce(0, +)
            for attributes in directory.attributes {
                metadata += 16 + attributes.reduce(0) { $0 + 8 + UInt64($1.name.utf8.count) + $1.length }
            }
        }
        // Blocks of 8 KiB with two bytes before them and a pointer to them; seven tables may end in the midst of one.
        metadata += (metadata.dividedUp(by: 8192) + 7) * 10
        return FilesystemDemand(
            bytes: Self.fixed + contents + metadata, inodes: part.inodeCount, leastBytes: 0)
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        FilesystemCapacity(bytes: size.bytes, available: size.bytes)
    }
}
