/// A name in a FAT directory: as it reads, and the eleven bytes that programs without long names see.
///
/// A name that fits eight and three characters, each part in one case, is stored that way alone, the case in two bits that
/// Windows NT introduced; every other gets a long entry (UTF-16) and an alias. So do Windows and the kernel's driver with
/// its default `shortname=mixed`.
struct FATName: Sendable {
    let text: String
    /// UTF-16 units of the long name.
    let units: [UInt16]
    /// Base and extension, padded with blanks, and the bits of lower case; nil if only a long entry can hold the name.
    let short: (bytes: [UInt8], caseBits: UInt8)?

    /// Two names of one directory must differ in this: FAT has no case.
    var folded: String { text.uppercased() }

    /// Entries of 32 bytes that the name takes in its directory.
    var slotCount: Int { short == nil ? 1 + (units.count + 12) / 13 : 1 }

    /// What keeps a text from being a name on FAT; nil if nothing does.
    static func objection(to text: String) -> String? {
        if let bad = text.unicodeScalars.first(where: {
            $0.value < 32 || $0.value == 127 || #""*/:<>?\|"#.unicodeScalars.contains($0)
        }) {
            return bad.value < 33 || bad.value == 127 ? "it has a control character" : "'\(bad)' cannot be in a name"
        }
        if text.contains("\u{FFFD}") { return "it is not UTF-8" }
        if text.hasSuffix(".") || text.hasSuffix(" ") { return "it ends in a dot or a blank" }
        if text.utf16.count > 255 { return "it is longer than 255 characters" }
        return nil
    }

    init(_ text: String) {
        self.text = text
        units = Array(text.utf16)
        short = Self.short(text)
    }

    private static func short(_ text: String) -> (bytes: [UInt8], caseBits: UInt8)? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map { Array($0.utf8) }
        guard let base = parts.first, (1...8).contains(base.count) else { return nil }
        let suffix = parts.count > 1 ? parts[1] : []
        guard suffix.count <= 3, parts.count == 1 || !suffix.isEmpty else { return nil }
        var caseBits: UInt8 = 0
        for (part, bit) in [(base, UInt8(0x08)), (suffix, 0x10)] {
            guard part.allSatisfy({ isShort($0) || isLower($0) }) else { return nil }
            guard part.contains(where: isLower) else { continue }
            guard !part.contains(where: isUpper) else { return nil }
            caseBits |= bit
        }
        return (padded(base.map(upper), suffix.map(upper)), caseBits)
    }

    /// The alias with `~number`; without a number, where the upper-case name fits as it is.
    func alias(number: Int?) -> [UInt8] {
        let trimmed = text.drop { $0 == "." || $0 == " " }
        let dot = trimmed.lastIndex(of: ".")
        let base = Self.basis(trimmed[..<(dot ?? trimmed.endIndex)])
        let suffix = dot.map { Self.basis(trimmed[trimmed.index(after: $0)...]) } ?? []
        let tail = number.map { Array("~\($0)".utf8) } ?? []
        let kept = base.prefix(8 - tail.count)
        return Self.padded((kept.isEmpty ? [UInt8(ascii: "_")] : Array(kept)) + tail, Array(suffix.prefix(3)))
    }

    /// Whether the alias may go without a number: it loses nothing but case.
    var isPlain: Bool {
        Self.short(text.uppercased()) != nil && text.utf8.allSatisfy { $0 < 128 }
    }

    private static func basis(_ part: Substring) -> [UInt8] {
        part.unicodeScalars.compactMap { scalar in
            if scalar == " " || scalar == "." { return nil }
            guard scalar.isASCII else { return UInt8(ascii: "_") }
            let byte = upper(UInt8(scalar.value))
            return isShort(byte) ? byte : UInt8(ascii: "_")
        }
    }

    private static func padded(_ base: [UInt8], _ suffix: [UInt8]) -> [UInt8] {
        base + [UInt8](repeating: 0x20, count: 8 - base.count) + suffix
            + [UInt8](repeating: 0x20, count: 3 - suffix.count)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
    private static func upper(_ byte: UInt8) -> UInt8 { isLower(byte) ? byte - 0x20 : byte }
    private static func isShort(_ byte: UInt8) -> Bool {
        isUpper(byte) || (0x30...0x39).contains(byte) || "!#$%&'()-@^_`{}~".utf8.contains(byte)
    }
}
