/// A filesystem on a block device.
package struct Filesystem: Hashable, Sendable, Codable {
    package let name: String
    package let base: String
    package let type: FilesystemType
    /// Upper case on FAT; the node's name unless the document gives one; without effect where the type has none.
    package let label: String
    /// The user's words for mkfs.
    package let options: [String]
    /// The document's own UUID; else the layout draws one.
    package let uuid: String?

    /// `used` are the labels of the filesystems before this one: labels are how fstab finds filesystems.
    init(_ entry: ConfigurationEntry, used: Set<String>) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.name()
        base = try reader.text("base", missing: "Mkfs config needs [base]")
        let typeName = try reader.text("type", missing: "Mkfs config needs [type]")
        guard typeName.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._+-]*/) != nil else {
            throw reader.error("filesystem type '\(typeName)' is not a word", at: "type")
        }
        let type = FilesystemType(typeName)
        self.type = type
        let stated = try reader.string("label") ?? name
        let label = type.family == .fat ? stated.uppercased() : stated
        if used.contains(label) {
            throw reader.error("File system label [\(label)] used more than once", at: "label")
        }
        if let limit = type.maximumLabelLength, label.utf8.count > limit {
            throw reader.error(
                "Label [\(label)] too long for filesystem [\(type)]: \(label.utf8.count) > \(limit)", at: "label")
        }
        try Self.check(label, of: type, reader)
        self.label = label
        options = try reader.text("opts")?.split(whereSeparator: \.isWhitespace).map(String.init) ?? []
        uuid = try Self.uuid(reader, type: type)
    }

    /// Refuses labels that mkfs would refuse after everything before it has been made, or that would not be found again.
    private static func check(
        _ label: String, of type: FilesystemType, _ reader: AttributeReader
    ) throws(BlockDeviceError) {
        if label.isEmpty { throw reader.error("file system label must not be empty", at: "label") }
        if label.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            throw reader.error("file system label [\(label)] has control characters", at: "label")
        }
        guard type.family == .fat else { return }
        // FAT fills a label up with blanks, so those at its end are lost.
        guard label.utf8.allSatisfy({ $0 < 0x7F }), !label.contains(where: { "*?.,;:/\\|+=<>[]\"".contains($0) }),
            !label.hasPrefix(" "), !label.hasSuffix(" ")
        else {
            throw reader.error(
                "label [\(label)] cannot be written to FAT: letters, digits, blanks inside and -_ are safe", at: "label"
            )
        }
    }

    /// Refuses what the mkfs of the type would refuse; types that take no UUID ignore it, as upstream.
    private static func uuid(_ reader: AttributeReader, type: FilesystemType) throws(BlockDeviceError) -> String? {
        guard let text = try reader.text("uuid"), !text.isEmpty else { return nil }
        let isUUID =
            text.wholeMatch(
                of: /[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}/) != nil
        switch type.family {
        case .ext, .xfs, .swap, .btrfs, .erofs:
            guard isUUID else { throw reader.error("uuid '\(text)' is not a UUID", at: "uuid") }
            return text.lowercased()
        case .fat: return text.wholeMatch(of: /[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}/) != nil ? text.uppercased() : nil
        case .squashfs, .other: return nil
        }
    }
}
