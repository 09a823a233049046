/// `/etc/fstab` of an image: which of its volumes belong where (fstab(5)).
struct FilesystemTable {
    struct Entry: Hashable {
        /// `UUID=…`, `LABEL=…`, `PARTUUID=…`, `PARTLABEL=…` or `/dev/…`.
        var source: String
        /// Absolute, without `..`.
        var target: String
        var type: String
        var options: [String]

        /// btrfs: the subvolume that is mounted, without a slash in front.
        var subvolume: String? {
            options.first { $0.hasPrefix("subvol=") }.map { String($0.dropFirst(7).drop { $0 == "/" }) }
        }
    }

    /// In the order in which they must be mounted: those above others first.
    let entries: [Entry]

    /// Lines that make no sense are left out, like those of `none` and of network file systems.
    init(_ text: String) {
        entries = text.split(whereSeparator: \.isNewline).compactMap(Self.entry).sorted { left, right in
            left.target.split(separator: "/").count < right.target.split(separator: "/").count
        }
    }

    private static func entry(_ line: Substring) -> Entry? {
        let fields = line.split(whereSeparator: \.isWhitespace).map { unescaped(String($0)) }
        guard fields.count >= 3, !fields[0].hasPrefix("#"), fields[1].hasPrefix("/"),
            fields[0].contains("=") || fields[0].hasPrefix("/dev/"), fields[2] != "swap",
            !fields[1].split(separator: "/").contains("..")
        else { return nil }
        let options = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
        return Entry(source: fields[0], target: fields[1], type: fields[2], options: options)
    }

    /// Blanks are written as `\040`.
    private static func unescaped(_ text: String) -> String {
        text.replacing("\\040", with: " ").replacing("\\011", with: "\t").replacing("\\134", with: "\\")
    }
}
