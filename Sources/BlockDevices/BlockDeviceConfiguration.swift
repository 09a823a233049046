/// A block-device document: a flat list of entries, each with a name and, but for image files, a base.
///
/// This is the first of the three steps of the target: document → `BlockDeviceGraph` (validated nodes and their order)
/// → `BlockDeviceLayout` (bytes, command lines, fstab). Nothing here touches a device or a file; text comes in, values
/// go out. The document is upstream's, in both its styles; compat-blockdevice.md is the contract.
package struct BlockDeviceConfiguration: Hashable, Sendable {
    package private(set) var entries: [ConfigurationEntry]

    package init(entries: [ConfigurationEntry]) { self.entries = entries }

    /// Parses and flattens a YAML (or JSON) document.
    package init(yaml text: String) throws(BlockDeviceError) {
        entries = try ConfigurationFlattening.flatten(ConfigurationValue(yaml: text))
    }

    /// The layout of a build that names none: a filesystem directly on the image, no partition table.
    package static let fallback: BlockDeviceConfiguration = {
        func attributes(_ pairs: KeyValuePairs<String, ConfigurationScalar>) -> ConfigurationMapping {
            var mapping = ConfigurationMapping()
            for (key, scalar) in pairs { mapping[key] = ConfigurationValue(.scalar(scalar)) }
            return mapping
        }
        func entry(_ type: EntryType, _ pairs: KeyValuePairs<String, ConfigurationScalar>) -> ConfigurationEntry {
            ConfigurationEntry(type: type, attributes: attributes(pairs), location: ConfigurationLocation())
        }
        return BlockDeviceConfiguration(entries: [
            entry(
                .fstab,
                [
                    "base": .init("mount_mkfs_root"), "name": .init("fstab_mount_mkfs_root"),
                    "options": .init("defaults"), "fsck-passno": .init(plain: "1"),
                ]),
            entry(
                .mount, ["base": .init("mkfs_root"), "name": .init("mount_mkfs_root"), "mount_point": .init("/")]),
            entry(.mkfs, ["base": .init("image0"), "name": .init("mkfs_root")]),
            entry(.localLoop, ["name": .init("image0")]),
        ])
    }()

    /// This document with the build's root filesystem parameters filled into the entry named `mkfs_root`.
    ///
    /// What the document says wins; the type goes first because the default label depends on it.
    package func merging(_ parameters: BlockDeviceParameters) -> BlockDeviceConfiguration {
        var merged = self
        for index in merged.entries.indices {
            let entry = merged.entries[index]
            guard entry.type == .mkfs, entry.name == "mkfs_root" else { continue }
            var attributes = entry.attributes
            func fill(_ key: String, _ text: String?) {
                guard attributes[key] == nil, let text, !text.isEmpty else { return }
                attributes[key] = ConfigurationValue(text, at: entry.location)
            }
            fill("type", parameters.rootFilesystemType)
            fill("opts", parameters.rootFilesystemOptions)
            let defaultLabel = attributes["type"]?.text == "xfs" ? "img-rootfs" : "cloudimg-rootfs"
            fill("label", parameters.rootLabel)
            fill("label", defaultLabel)
            merged.entries[index].attributes = attributes
        }
        return merged
    }
}

extension BlockDeviceConfiguration: Codable {
    package init(from decoder: any Decoder) throws {
        entries = try decoder.singleValueContainer().decode([ConfigurationEntry].self)
    }

    /// As the list that upstream writes to `config.json`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }
}
