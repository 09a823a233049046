/// The type of a filesystem as `mkfs -t` takes it, and what Ingot knows about it.
package struct FilesystemType: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Types that share their tool's options.
    package enum Family: Hashable, Sendable {
        case ext
        case xfs
        case fat
        case btrfs
        case swap
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
        case .other: nil
        }
    }

    /// What the kernel calls it: `mkfs -t fat` makes what is mounted as vfat.
    package var mountName: String { name == "fat" ? "vfat" : name }

    /// The program that makes it, which must be on the host.
    package var tool: String { family == .swap ? "mkswap" : "mkfs.\(name)" }
}
