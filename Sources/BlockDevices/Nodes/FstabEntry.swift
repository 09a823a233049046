/// The line of `/etc/fstab` for a mount.
package struct FstabEntry: Hashable, Sendable, Codable {
    /// What a filesystem is found by.
    package enum Source: String, Hashable, Sendable, Codable {
        case label
        case uuid
    }

    package let name: String
    /// The mount.
    package let base: String
    package let options: String
    package let dumpFrequency: Int
    package let fsckPass: Int
    /// The key `source`, an addition to upstream's; labels are the rule.
    package let source: Source

    /// That of a swap area, whatever the document says.
    init(ofSwap entry: FstabEntry) {
        name = entry.name
        base = entry.base
        options = "sw"
        dumpFrequency = 0
        fsckPass = 0
        source = entry.source
    }

    /// That of a file system that nobody can write to, and that needs no repair.
    init(readOnly entry: FstabEntry) {
        name = entry.name
        base = entry.base
        let others = entry.options.split(separator: ",").filter { !["defaults", "rw", "ro"].contains($0) }
        options = (["ro"] + others).joined(separator: ",")
        dumpFrequency = entry.dumpFrequency
        fsckPass = 0
        source = entry.source
    }

    init(_ entry: ConfigurationEntry) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.name()
        base = try reader.text("base", missing: "fstab '\(name)' needs a 'base'")
        options = try reader.text("options") ?? "defaults"
        guard !options.isEmpty, !options.contains(where: \.isWhitespace) else {
            throw reader.error("fstab options '\(options)' are not one word", at: "options")
        }
        dumpFrequency = try reader.number("dump-freq") ?? 0
        fsckPass = try reader.number("fsck-passno") ?? 2
        let sourceText = try reader.text("source") ?? Source.label.rawValue
        guard let source = Source(rawValue: sourceText) else {
            throw reader.error("fstab source '\(sourceText)' is not 'label' or 'uuid'", at: "source")
        }
        self.source = source
    }
}
