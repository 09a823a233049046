/// A JSON value whose objects keep the order in which their members were given.
///
/// `JSONEncoder` sorts members or shuffles them; a stream that people read with `less` should begin with the time and
/// the name of the event.
package enum JSONLine: Equatable, Sendable {
    case null
    case string(String)
    case integer(Int64)
    /// Rounded to three decimals: all our fractions are seconds or shares of one.
    case number(Double)
    case array([JSONLine])
    case object([(String, JSONLine)])

    package static func == (left: JSONLine, right: JSONLine) -> Bool { left.text == right.text }

    package var text: String {
        switch self {
        case .null: "null"
        case .string(let text): Self.quoted(text)
        case .integer(let number): String(number)
        case .number(let number): Self.decimal(number)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.0) + ":" + $0.1.text }.joined(separator: ",") + "}"
        }
    }

    private static func decimal(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e12 else { return "null" }
        let rounded = (number * 1000).rounded() / 1000
        return rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // Line separators end a line for some readers of JSON Lines, though RFC 8259 allows them in strings.
            case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
