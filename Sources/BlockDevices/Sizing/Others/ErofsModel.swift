import Basics

/// What a tree takes in erofs at the very most: as if nothing could be compressed, with holes written out.
///
/// The records are those of the kernel's `fs/erofs/erofs_fs.h`, blocks of 4 KiB.
struct ErofsModel: FilesystemModel {
    private static let blockSize: UInt64 = 4096
    /// The superblock's block, and those in which tables end.
    private static let fixed = 4 * blockSize

    func allocationUnit(at size: ByteCount) -> UInt64 { Self.blockSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        // An extended inode; twice, because what does not fit the rest of a block leaves it empty.
        var metadata = (part.inodeCount + 1) * 2 * 64
        var blocks = part.mountPointCount
        for directory in part.allDirectories {
            // Of each block, less than one entry is lost; "." and ".." are entries.
            let entries = directory.names.reduce(UInt64(64)) { $0 + 12 + UInt64($1.count) }
            blocks += (entries + part.mountPointCount * 267).dividedUp(by: Self.blockSize - 267)
            for file in directory.files {
                let count = file.size.dividedUp(by: Self.blockSize)
                blocks += count
                // Where compression is tried, each block of a file has an index.
                metadata += 64 + count * 8
            }
            metadata += directory.linkTargets.reduce(0) { $0 + 2 * $1 }
            for attributes in directory.attributes {
                // In the inode or in the table of those that are shared.
                let own = attributes.reduce(UInt64(12)) { $0 + 12 + UInt64($1.name.utf8.count) + $1.length }
                metadata += 2 * own
            }
        }
        return FilesystemDemand(
            bytes: Self.fixed + blocks * Self.blockSize + metadata.roundedUp(to: Self.blockSize),
            inodes: part.inodeCount, leastBytes: 0)
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        FilesystemCapacity(bytes: size.bytes, available: size.bytes)
    }
}
