/// The user's words for a mkfs, from which options can be taken out to be merged with ours.
///
/// Needed because mke2fs takes only the last of several `-O` or `-E`, and mkfs.xfs refuses a suboption given twice.
struct MkfsOptions {
    private(set) var words: [String]

    init(_ words: [String]) { self.words = words }

    /// Whether an option is given, as `-i 4096` or `-i4096`.
    func contains(_ option: String) -> Bool { words.contains { $0.hasPrefix(option) && !$0.hasPrefix("--") } }

    /// Removes every occurrence of an option, and gives their values, each split at its commas.
    mutating func take(_ option: String) -> [String] {
        var rest: [String] = []
        var values: [String] = []
        var index = words.startIndex
        while index < words.endIndex {
            let word = words[index]
            if word == option, index + 1 < words.endIndex {
                values.append(words[index + 1])
                index += 1
            } else if word.hasPrefix(option), word.count > option.count, !word.hasPrefix("--") {
                values.append(String(word.dropFirst(option.count)))
            } else {
                rest.append(word)
            }
            index += 1
        }
        words = rest
        return values.flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// `name=value` settings with those of the user in place of ours.
    static func merged(_ ours: [String], with theirs: [String]) -> String {
        func name(_ setting: String) -> Substring { setting.prefix { $0 != "=" } }
        let stated = Set(theirs.map(name))
        return (ours.filter { !stated.contains(name($0)) } + theirs).joined(separator: ",")
    }
}
