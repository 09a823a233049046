/// Which options of mkfs.btrfs leave a file system that our own writer can fill (`TreeFormats/Btrfs`).
package enum BtrfsOptions {
    /// By every name of the option: the values that it may have; nothing for any value.
    private static let withValue: [String: Set<String>?] = [
        "-m": profiles, "--metadata": profiles, "-d": profiles, "--data": profiles, "-n": nil, "--nodesize": nil,
        "-s": nil, "--sectorsize": nil, "--csum": sums, "--checksum": sums, "-O": features, "--features": features,
        "-R": features, "--runtime-features": features, "-b": nil, "--byte-count": nil, "-L": nil, "--label": nil,
        "-U": nil, "--uuid": nil,
    ]
    private static let profiles: Set<String> = ["single", "dup", "SINGLE", "DUP"]
    private static let sums: Set<String> = ["crc32c", "sha256"]
    private static let features: Set<String> = [
        "extref", "skinny-metadata", "no-holes", "^no-holes", "free-space-tree", "^free-space-tree",
    ]
    private static let alone: Set<String> = [
        "-f", "--force", "-q", "--quiet", "-v", "--verbose", "-K", "--nodiscard",
    ]

    /// Those of mkfs's options that it does not know, as given; an option is named with the value that is too much.
    package static func unwritable(in options: [String]) -> [String] {
        var unwritable: [String] = []
        var rest = options[...]
        while let word = rest.popFirst() {
            if alone.contains(word) { continue }
            let (name, attached) = split(word)
            guard let known = withValue[name], let value = attached ?? rest.popFirst() else {
                unwritable.append(word)
                continue
            }
            guard let known else { continue }
            unwritable += value.split(separator: ",").filter { !known.contains(String($0)) }.map { "\(name) \($0)" }
        }
        return unwritable
    }

    /// `--csum=sha256` and `-msingle` are one word each.
    private static func split(_ word: String) -> (name: String, value: String?) {
        if word.hasPrefix("--") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : nil)
        }
        guard word.count > 2 else { return (word, nil) }
        return (String(word.prefix(2)), String(word.dropFirst(2)))
    }
}
