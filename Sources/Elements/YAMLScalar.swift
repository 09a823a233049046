/// A text as a scalar of block YAML that every reader takes for that text: plain where that is safe, else quoted.
func yamlScalar(_ text: String) -> String {
    if isSafePlain(text) { return text }
    if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && !(0x80...0x9F).contains($0.value) }) {
        return "'" + text.replacing("'", with: "''") + "'"
    }
    return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
}

/// Letters, digits and a few marks, beginning with a letter or a slash, so never a number or a date, and not a word that
/// some reader takes for something else.
private func isSafePlain(_ text: String) -> Bool {
    guard let first = text.first, first.isLetter || first == "/" else { return false }
    return text.consists(ofAlphanumericsAnd: "/._-+") && !wordsOfOtherTypes.contains(text.lowercased())
}

/// Booleans and nulls of YAML 1.1.
private let wordsOfOtherTypes: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

private func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\r": return "\\r"
    case let control where control.value < 0x20 || (0x7F...0x9F).contains(control.value):
        let digits = String(control.value, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    default: return String(scalar)
    }
}
