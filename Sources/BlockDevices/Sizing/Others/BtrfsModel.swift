import Basics

/// An estimate from above of what trees take in btrfs, and from below of what it holds, contents once and metadata twice
/// as Ingot makes it.
///
/// btrfs divides its room into chunks for contents and for metadata; what is left of a chunk is lost to the other kind.
/// The constants are measured on Linux 6.18 with btrfs-progs 6.2 (docs/image-size.md).
struct BtrfsModel: FilesystemModel {
    private static let blockSize: UInt64 = 4096
    private static let leastSize = ByteCount.mebibytes(110)
    /// The first superblock's MiB, and the system chunk, twice 8 MiB.
    private static let fixed = ByteCount.mebibytes(18)
    /// Contents up to this size lie in the metadata.
    private static let inlineLimit: UInt64 = 2048

    /// Nothing if the user's own options choose other profiles.
    init?(_ command: FormatCommand) {
        let own: Set<String> = ["-d", "-m", "--nodesize", "--sectorsize", "--csum", "-t", "-L", "-U"]
        let options = command.arguments.filter { $0.hasPrefix("-") }
        guard options.allSatisfy(own.contains), Set(options).count == options.count else { return nil }
    }

    func allocationUnit(at size: ByteCount) -> UInt64 { Self.blockSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        var blocks: UInt64 = 0
        // Per inode: its item, a reference, and two or three entries for each of its names.
        var metadata = (part.inodeCount + 1) * (25 + 160 + 40)
        for directory in part.allDirectories {
            for name in directory.names { metadata += 3 * (25 + 30) + 3 * UInt64(name.count) }
            for file in directory.files {
                if file.size <= Self.inlineLimit, file.segments == nil {
                    metadata += 25 + 21 + file.size
                } else {
                    let runs = file.blockRuns(of: Self.blockSize)
                    blocks += runs.reduce(0, +)
                    // An extent, its reference, a hole beside it; a checksum of four bytes for each block.
                    metadata += UInt64(runs.count * 2 + 1) * 180 + runs.reduce(0, +) * 4
                    metadata += runs.reduce(0, +).dividedUp(by: 2048) * 130
                }
            }
            for length in directory.linkTargets { metadata += 25 + 21 + length }
            for attributes in directory.attributes {
                for attribute in attributes {
                    metadata += 25 + 30 + UInt64(attribute.name.utf8.count) + attribute.length
                }
            }
        }
        // Nodes of trees that grow at random places are filled to two thirds, and old copies live on for a while.
        return FilesystemDemand(
            bytes: blocks * Self.blockSize, inodes: part.inodeCount, separateMetadata: metadata * 2)
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        guard size >= Self.leastSize else { return .none }
        // mkfs makes one chunk of metadata: a twentieth, from 32 to 256 MiB. The kernel adds more of the same size.
        let chunk = min(max(size.bytes / 20, 32 << 20), 256 << 20)
        // The kernel keeps room to be able to delete at all.
        let wanted = demand.separateMetadata + max(demand.separateMetadata / 4, 8 << 20)
        let chunks = max(1, wanted.dividedUp(by: chunk))
        let taken = Self.fixed.bytes + 2 * chunks * chunk
        let free = size.bytes - min(size.bytes, taken)
        let usable = free - min(free, (4 << 20) + free / 128)
        return FilesystemCapacity(bytes: usable, available: usable, mostBytes: size.bytes)
    }
}
