package import Basics

/// What a part of a tree asks of the filesystem it is copied into.
package struct FilesystemDemand: Hashable, Sendable {
    /// Contents and the metadata that comes with them.
    package var bytes: UInt64
    package var inodes: UInt64
    /// Metadata that is kept apart from contents; only btrfs does that.
    package var separateMetadata: UInt64
    /// What is needed for certain, where `bytes` is an estimate from above.
    package var leastBytes: UInt64

    package init(bytes: UInt64, inodes: UInt64, separateMetadata: UInt64 = 0, leastBytes: UInt64? = nil) {
        self.bytes = bytes
        self.inodes = inodes
        self.separateMetadata = separateMetadata
        self.leastBytes = leastBytes ?? bytes
    }
}

/// What a fresh filesystem has to offer.
package struct FilesystemCapacity: Hashable, Sendable {
    /// What a copy made by root can fill.
    package var bytes: UInt64
    /// What everybody may use: `df`'s "available".
    package var available: UInt64
    /// Nothing where inodes are made as they are needed.
    package var inodes: UInt64?
    /// What it holds at the very most, where `bytes` is an estimate from below.
    package var mostBytes: UInt64

    package init(bytes: UInt64, available: UInt64, inodes: UInt64? = nil, mostBytes: UInt64? = nil) {
        self.bytes = bytes
        self.available = available
        self.inodes = inodes
        self.mostBytes = mostBytes ?? bytes
    }

    static let none = FilesystemCapacity(bytes: 0, available: 0, inodes: 0)

    /// Whether the demand fits and leaves so much to everybody.
    package func holds(_ demand: FilesystemDemand, free: UInt64) -> Bool {
        demand.bytes <= bytes && (inodes.map { demand.inodes <= $0 } ?? true)
            && (free == 0 || demand.bytes + free <= available)
    }

    /// Whether the demand cannot fit, whatever the estimates are worth.
    package func refuses(_ demand: FilesystemDemand) -> Bool {
        demand.leastBytes > mostBytes || (inodes.map { demand.inodes > $0 } ?? false)
    }
}

/// How a type of filesystem lays out trees: what they need, and what a filesystem of a size made by one mkfs command
/// holds.
package protocol FilesystemModel: Sendable {
    /// Bytes of the unit in which a filesystem of this size gives room to files.
    func allocationUnit(at size: ByteCount) -> UInt64
    func demand(of part: TreePart, allocationUnit: UInt64) -> FilesystemDemand
    /// The demand matters where metadata and contents share room by rules of their own.
    func capacity(of size: ByteCount, for demand: FilesystemDemand) -> FilesystemCapacity
}

extension FilesystemPlan {
    /// The model of this filesystem, a coarse one for types and mkfs options that Ingot does not know.
    package var model: any FilesystemModel {
        let known: (any FilesystemModel)? =
            switch type.family {
            case .ext: ExtSettings(command).map { ExtModel(settings: $0) }
            case .xfs: XFSModel(command)
            case .btrfs: BtrfsModel(command)
            case .fat: FATModel(command)
            case .squashfs: SquashfsModel(command)
            case .erofs: ErofsModel()
            case .swap, .other: nil
            }
        return known ?? CoarseModel()
    }
}
