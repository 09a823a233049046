/// One scalar of a block-device document: its source text, and the type that PyYAML would have given it.
///
/// Upstream reads YAML 1.1 as PyYAML does: `8300` is an integer but `8e00` a string, `0x83` is 131, `yes` is true. The
/// text is kept because partition types must be taken as written; the type is kept because a label that is an integer,
/// or a null, must be recognised.
package struct ConfigurationScalar: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case string
        case integer
        case float
        case boolean
        case null
    }

    package let text: String
    package let kind: Kind

    package init(_ text: String, kind: Kind = .string) {
        self.text = text
        self.kind = kind
    }

    /// An unquoted scalar without a tag.
    package init(plain text: String) {
        self.init(text, kind: Self.kind(ofPlain: text))
    }

    private static let nulls: Set = ["", "~", "null", "Null", "NULL"]
    private static let booleans: Set = Set(
        ["yes", "no", "true", "false", "on", "off"].flatMap { word in
            [word, word.uppercased(), word.prefix(1).uppercased() + word.dropFirst()]
        })

    /// PyYAML's implicit resolvers (timestamps aside, which no key of a layout can hold).
    private static func kind(ofPlain text: String) -> Kind {
        if nulls.contains(text) { return .null }
        if booleans.contains(text) { return .boolean }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string }
        let integer =
            /[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+/
        if text.wholeMatch(of: integer) != nil { return .integer }
        let decimal =
            /[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*/
        let special = /[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)/
        let isFloat = text.wholeMatch(of: decimal) != nil || text.wholeMatch(of: special) != nil
        return isFloat ? .float : .string
    }
}
