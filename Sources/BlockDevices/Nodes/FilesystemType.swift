/// The type of a filesystem as `mkfs -t` takes it, and what Ingot knows about it.
package struct FilesystemType: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Types that share their tool's options.
    package enum Family: Hashable, Sendable {
        case ext
        case xfs
        case fat
        case btrfs
        case swap
        case squashfs
        case erofs
        case other
    }

    package let name: String

    package init(_ name: String) { self.name = name }

    package init(from decoder: any Decoder) throws {
        name = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }

    package var description: String { name }

    package var family: Family {
        switch name {
        case "ext2", "ext3", "ext4": .ext
        case "xfs": .xfs
        case "vfat", "fat", "msdos": .fat
        case "btrfs": .btrfs
        case "swap": .swap
        case "squashfs": .squashfs
        case "erofs": .erofs
        default: .other
        }
    }

    /// Bytes a label may have; unknown for other types.
    ///
    /// The limits are those of the mkfs programs; upstream knows only those of ext, xfs, vfat and swap.
    package var maximumLabelLength: Int? {
        switch family {
        case .ext, .swap: 16
        case .xfs: 12
        case .fat: 11
        case .btrfs: 255
        // Sixteen with the zero behind it.
        case .erofs: 15
        case .squashfs, .other: nil
        }
    }

    /// What the kernel calls it: `mkfs -t fat` makes what is mounted as vfat.
    package var mountName: String { name == "fat" ? "vfat" : name }

    /// Whether it is written once and as a whole: there is no empty one that files could be put into.
    package var isReadOnly: Bool { family == .squashfs || family == .erofs }

    /// squashfs has neither a label nor a UUID; fstab finds its partition.
    package var hasIdentifiers: Bool { family != .squashfs }

    /// The program that makes it, which must be on the host.
    package var tool: String {
        switch family {
        case .swap: "mkswap"
        case .squashfs: "mksquashfs"
        default: "mkfs.\(name)"
        }
    }
}
