package import Elements

/// What a line of an element's `environment.d` does to a variable, as far as that can be read without running it.
package struct EnvironmentAssignment: Hashable, Sendable {
    /// Where the value comes from.
    package enum Value: Hashable, Sendable {
        /// `export X=text`: whatever the caller set.
        case fixed(String)
        /// `export X=${X:-text}`: unless the caller set it.
        case fallback(String)
        /// Made of other variables or commands, or under a condition.
        case computed
    }

    package let name: String
    package let value: Value
    package let element: ElementName

    package init(name: String, value: Value, element: ElementName) {
        self.name = name
        self.value = value
        self.element = element
    }

    /// The assignments of a file, in order: `export NAME=…`, `NAME=…` and `: ${NAME:=…}`.
    package static func assignments(in text: String, of element: ElementName) -> [EnvironmentAssignment] {
        text.split(separator: "\n").compactMap { line in
            if let match = line.firstMatch(
                of: /^[ \t]*(?:export[ \t]+|declare -x[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/)
            {
                let isConditional = line.first == " " || line.first == "\t"
                let value = isConditional ? .computed : value(String(match.2), of: String(match.1))
                return EnvironmentAssignment(name: String(match.1), value: value, element: element)
            }
            if let match = line.firstMatch(of: /^[ \t]*:[ \t]+"?\$\{([A-Za-z_][A-Za-z0-9_]*):?=([^}]*)\}"?/) {
                return EnvironmentAssignment(
                    name: String(match.1), value: fallback(String(match.2)), element: element)
            }
            return nil
        }
    }

    private static func value(_ written: String, of name: String) -> Value {
        var text = written
        if let comment = text.firstRange(of: " #") { text = String(text[..<comment.lowerBound]) }
        while text.last?.isWhitespace == true { text.removeLast() }
        let inner = unquoted(text)
        if let match = inner.wholeMatch(of: /\$\{([A-Za-z_][A-Za-z0-9_]*):?-(.*)\}/), match.1 == name {
            return fallback(String(match.2))
        }
        return isLiteral(inner, isQuoted: inner != text) ? .fixed(inner) : .computed
    }

    private static func fallback(_ text: String) -> Value {
        let inner = unquoted(text)
        return isLiteral(inner, isQuoted: true) ? .fallback(inner) : .computed
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }

    private static func isLiteral(_ text: String, isQuoted: Bool) -> Bool {
        !text.contains { "$`\\\"'(;".contains($0) || (!isQuoted && $0.isWhitespace) }
    }
}
