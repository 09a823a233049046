import Basics

/// What mke2fs is told that decides how much room an ext2, ext3 or ext4 filesystem has.
package struct ExtSettings: Hashable, Sendable {
    var blockSize: UInt64 = 4096
    var inodeSize: UInt64 = 256
    /// Bytes of filesystem per inode, unless `inodeCount` is stated.
    var inodeRatio: UInt64 = 16384
    var inodeCount: UInt64?
    /// MiB; nothing leaves it to mke2fs.
    var journal: UInt64?
    var features: Set<String> = []
    /// Share of blocks that only root may use.
    var reservedPercent = 5.0
    /// `-E resize=`: blocks up to which there shall be room for group descriptors.
    var resizeLimit: UInt64?
    /// The four words that directory hashes start from.
    var hashSeed: [UInt32] = []

    /// Reads the command line of a filesystem; nothing if it has words whose effect is not known here.
    package init?(_ command: FormatCommand) {
        var words = command.arguments[...]
        while let word = words.popFirst() {
            guard word.hasPrefix("-"), word.count >= 2 else { return nil }
            let option = String(word.prefix(2))
            if Self.flags.contains(word) { continue }
            let attached = String(word.dropFirst(2))
            guard let value = attached.isEmpty ? words.popFirst() : attached else { return nil }
            guard apply(option, value) else { return nil }
        }
    }

    private static let flags: Set<String> = ["-q", "-v", "-F", "-D"]

    private mutating func apply(_ option: String, _ value: String) -> Bool {
        switch option {
        case "-t", "-L", "-U", "-e", "-o", "-M": return true
        case "-b": return set(\.blockSize, value)
        case "-I": return set(\.inodeSize, value)
        case "-i": return set(\.inodeRatio, value)
        case "-N":
            inodeCount = UInt64(value)
            return inodeCount != nil
        case "-m":
            guard let percent = Double(value) else { return false }
            reservedPercent = percent
            return true
        case "-O":
            value.split(separator: ",").forEach { setFeature(String($0)) }
            return !features.contains { Self.unknownFeatures.contains($0) }
        case "-J":
            guard value.hasPrefix("size="), let size = UInt64(value.dropFirst(5)) else { return false }
            journal = size
            return true
        case "-E": return value.split(separator: ",").allSatisfy { applyExtended(String($0)) }
        default: return false
        }
    }

    /// Features that change what is counted here.
    private static let unknownFeatures: Set<String> = [
        "bigalloc", "inline_data", "meta_bg", "sparse_super2", "quota", "project", "ea_inode", "encrypt", "mmp",
        "casefold", "verity", "orphan_file", "large_dir",
    ]

    private mutating func setFeature(_ word: String) {
        if word == "none" {
            features = []
        } else if word.hasPrefix("^") {
            features.remove(String(word.dropFirst()))
        } else {
            features.insert(word)
        }
    }

    private mutating func applyExtended(_ word: String) -> Bool {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        let value = parts.count > 1 ? parts[1] : ""
        switch parts[0] {
        case "lazy_itable_init", "lazy_journal_init", "assume_storage_prezeroed", "discard", "nodiscard", "root_owner",
            "stride", "stripe_width", "stripe-width":
            return true
        case "hash_seed":
            hashSeed = ExtNameHash.seed(uuid: value)
            return hashSeed.count == 4
        case "resize":
            resizeLimit = UInt64(value)
            return resizeLimit != nil
        default: return false
        }
    }

    private mutating func set(_ field: WritableKeyPath<ExtSettings, UInt64>, _ value: String) -> Bool {
        guard let number = UInt64(value), number > 0 else { return false }
        self[keyPath: field] = number
        return true
    }

    func has(_ feature: String) -> Bool { features.contains(feature) }
}
