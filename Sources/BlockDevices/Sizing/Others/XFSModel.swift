import Basics

/// An estimate from above of what trees take in XFS, and from below of what it holds.
///
/// XFS allocates inodes, free-space trees and directories as it goes, in four groups apart: exact numbers would be those
/// of one kernel. The constants are measured on Linux 6.18 with mkfs.xfs 6.1 (docs/image-size.md).
struct XFSModel: FilesystemModel {
    private static let blockSize: UInt64 = 4096
    private static let inodeSize: UInt64 = 512
    /// mkfs.xfs since 5.19 makes no smaller one.
    private static let leastSize = ByteCount.mebibytes(300)
    /// The least log that mkfs.xfs makes by default; it becomes larger from 128 GiB on.
    private static let leastLog: UInt64 = 16384

    /// Nothing if the user's own options decide geometry.
    init?(_ command: FormatCommand) {
        let options = MkfsOptions(command.arguments)
        guard !options.contains("-b"), !options.contains("-l"), !options.contains("-n") else { return nil }
        guard !command.arguments.contains(where: { $0.hasPrefix("size=") || $0.contains("rmapbt=1") }) else {
            return nil
        }
    }

    func allocationUnit(at size: ByteCount) -> UInt64 { Self.blockSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        // Chunks of 64 inodes, some of them in part, in each of the groups.
        let inodes = part.inodeCount + 1
        var blocks = (inodes.dividedUp(by: 64) + 16) * 8 + inodes / 256
        for directory in part.allDirectories {
            blocks += directoryBlocks(directory)
            for file in directory.files {
                let runs = file.blockRuns(of: Self.blockSize)
                blocks += runs.reduce(0, +) + (runs.count > 8 ? UInt64(runs.count).dividedUp(by: 100) + 1 : 0)
            }
            for length in directory.linkTargets where length > 300 { blocks += 1 }
            for attributes in directory.attributes {
                let bytes = attributes.reduce(UInt64(0)) { $0 + 16 + UInt64($1.name.utf8.count) + $1.length * 2 }
                blocks += bytes > 80 ? 1 + bytes.dividedUp(by: Self.blockSize) : 0
            }
        }
        return FilesystemDemand(
            bytes: blocks * Self.blockSize, inodes: inodes, leastBytes: part.contentBytes(blockSize: Self.blockSize))
    }

    /// Small directories lie in their inode; larger ones have entries, and an index of eight bytes each.
    private func directoryBlocks(_ directory: TreeSurvey.Directory) -> UInt64 {
        let lengths = directory.names.map { UInt64($0.count) }
        guard lengths.reduce(0, { $0 + $1 + 8 }) > 200 else { return 0 }
        let entries = lengths.reduce(64) { $0 + ($1 + 12).roundedUp(to: 8) }
        let index = UInt64(lengths.count) * 8
        let whole = entries + index
        guard whole > Self.blockSize - 80 else { return 1 }
        return entries.dividedUp(by: Self.blockSize - 300) + (index * 3 / 2).dividedUp(by: Self.blockSize - 64) + 3
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        guard size >= Self.leastSize else { return .none }
        let blocks = size.bytes / Self.blockSize
        let log = max(Self.leastLog, blocks / 2048)
        // Kept for the file system itself: 5 %, at most 8192 blocks; trees of free space, inodes and references.
        let kept = min((blocks - log) / 20, 8192) + blocks / 125 + 256
        let free = (blocks - log - min(blocks - log, kept)) * Self.blockSize
        // mkfs.xfs lets inodes have a quarter.
        return FilesystemCapacity(
            bytes: free, available: free, inodes: size.bytes / 4 / Self.inodeSize, mostBytes: size.bytes)
    }
}
