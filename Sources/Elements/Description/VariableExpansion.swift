package import Basics

/// Replaces `${NAME}` and `${NAME:-text}` in a text of an element's description by values of variables.
package struct VariableExpansion: Sendable {
    package let environment: Environment
    /// Values of variables that the environment leaves unset or empty; they may name other variables.
    package let defaults: [String: String]

    package init(environment: Environment, defaults: [String: String] = [:]) {
        self.environment = environment
        self.defaults = defaults
    }

    /// The text with values in place of names.
    package func expand(_ text: String) -> String { expand(text, depth: 0) }

    /// Whether the text names a variable that comes to nothing.
    package func hasEmptyVariable(_ text: String) -> Bool {
        text.matches(of: Self.reference).contains { expand(String($0.0)).isEmpty }
    }

    /// The depth ends what goes round in a circle.
    private func expand(_ text: String, depth: Int) -> String {
        text.replacing(Self.reference) { match in
            let name = String(match.1)
            if let value = environment.nonEmpty(name) { return value }
            guard depth < 8 else { return "" }
            return expand(match.2.map(String.init) ?? defaults[name] ?? "", depth: depth + 1)
        }
    }

    private static var reference: Regex<(Substring, Substring, Substring?)> {
        /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/
    }
}
