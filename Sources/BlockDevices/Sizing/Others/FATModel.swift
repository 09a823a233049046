import Basics

/// What trees take in FAT, and what it holds: clusters, entries of 32 bytes, long names.
///
/// Cluster sizes and the lengths of the tables are those of mkfs.fat 4.2; tests compare with what it makes.
struct FATModel: FilesystemModel {
    private let sectorSize: UInt64
    private let is32: Bool

    /// Nothing if the user's own options decide geometry.
    init?(_ command: FormatCommand) {
        var sectorSize: UInt64 = 512
        var is32 = false
        var words = command.arguments[...]
        while let word = words.popFirst() {
            switch word {
            case "-t", "-h", "-i", "-n": _ = words.popFirst()
            case "-S":
                guard let size = words.popFirst().flatMap({ UInt64($0) }) else { return nil }
                sectorSize = size
            case "-F":
                guard words.popFirst() == "32" else { return nil }
                is32 = true
            default: return nil
            }
        }
        self.sectorSize = sectorSize
        self.is32 = is32
    }

    // MARK: Geometry

    private struct Geometry {
        let clusterSize: UInt64
        let clusters: UInt64
        let is32: Bool
    }

    private static let tracksLimit: UInt64 = 524_288
    /// Entries of the root of a FAT12 or FAT16.
    private static let rootEntries: UInt64 = 512

    /// The first cluster size that gives a table of a valid kind, as mkfs.fat tries them.
    private func geometry(_ size: ByteCount) -> Geometry? {
        let whole = size.bytes / 1024 * 1024 / sectorSize
        // From there on mkfs.fat takes whole tracks of 63 sectors.
        let sectors = whole > Self.tracksLimit ? whole / 63 * 63 : whole
        let isLarge = is32 || size >= .mebibytes(512)
        // Structures of all but tiny ones are aligned to clusters.
        let aligns = sectors > 8192
        var perCluster = isLarge ? Self.clusterSectors32(whole) : 4
        while perCluster <= 128 {
            func aligned(_ count: UInt64) -> UInt64 { aligns ? count.roundedUp(to: perCluster) : count }
            let root = aligned((Self.rootEntries * 32).dividedUp(by: sectorSize))
            for bits in isLarge ? [32] : [16, 12] as [UInt64] {
                let reserved = aligned(bits == 32 ? 32 : 1) + (bits == 32 ? 0 : root)
                guard sectors > reserved + perCluster else { continue }
                if let clusters = clusters(
                    sectors - reserved, perCluster: perCluster, bits: bits, aligned: aligned)
                {
                    return Geometry(clusterSize: perCluster * sectorSize, clusters: clusters, is32: bits == 32)
                }
            }
            perCluster *= 2
        }
        return nil
    }

    /// Data clusters beside two tables of so many bits an entry; nothing if there would be too many or too few.
    private func clusters(
        _ room: UInt64, perCluster: UInt64, bits: UInt64, aligned: (UInt64) -> UInt64
    ) -> UInt64? {
        let first = (room * sectorSize * 8 + bits * 4) / (perCluster * sectorSize * 8 + bits * 2)
        let table = aligned(((first + 2) * bits).dividedUp(by: 8).dividedUp(by: sectorSize))
        guard room > 2 * table else { return nil }
        let count = (room - 2 * table) / perCluster
        let most = min(table * sectorSize * 8 / bits, bits == 32 ? 0x0FFF_FFF6 : bits == 16 ? 65524 : 4084)
        guard count + 2 <= most + (bits == 32 ? 2 : 0) else { return nil }
        return bits == 16 && count < 4085 ? nil : count
    }

    /// By the number of sectors alone, as if all were of 512 bytes.
    private static func clusterSectors32(_ sectors: UInt64) -> UInt64 {
        switch sectors >> 11 {
        case ..<260: 1
        case ..<(8 << 10): 8
        case ..<(16 << 10): 16
        case ..<(32 << 10): 32
        default: 64
        }
    }

    // MARK: Model

    func allocationUnit(at size: ByteCount) -> UInt64 { geometry(size)?.clusterSize ?? sectorSize }

    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand {
        var bytes: UInt64 = part.mountPointCount * allocationUnit
        for (index, directory) in part.allDirectories.enumerated() {
            let isRoot = index == 0 && part.root != nil
            // `.` and `..`, or the label.
            let entries = directory.names.reduce(isRoot ? 1 : 2) { $0 + Self.entries(for: $1) }
            bytes += max(1, entries * 32).roundedUp(to: allocationUnit)
            for file in directory.files { bytes += file.size.roundedUp(to: allocationUnit) }
        }
        return FilesystemDemand(bytes: bytes, inodes: 0)
    }

    /// One, and one more for each 13 characters of a name that is not written in capitals, eight and three.
    private static func entries(for name: [UInt8]) -> UInt64 {
        let text = String(decoding: name, as: UTF8.self)
        guard text.wholeMatch(of: /[A-Z0-9_~!#$%&'()@^`{}-]{1,8}(\.[A-Z0-9_~!#$%&'()@^`{}-]{1,3})?/) == nil else {
            return 1
        }
        return 1 + UInt64(text.utf16.count).dividedUp(by: 13)
    }

    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity {
        guard let geometry = geometry(size) else { return .none }
        let bytes = geometry.clusters * geometry.clusterSize
        return FilesystemCapacity(bytes: bytes, available: bytes)
    }
}
