/// Something in an `element.yaml` that is not as it should be: where, and what.
package struct ElementDescriptionProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// How bad it is.
    package enum Severity: Hashable, Sendable {
        /// The file means nothing certain.
        case error
        /// Nobody reads it: perhaps a slip of the pen, perhaps for a newer Ingot; only `dib-lint` minds.
        case unknownKey
    }

    /// What messages call the file.
    package let file: String
    /// From 1.
    package let line: Int
    /// Keys from the top down, as `variables.DIB_X.type`; empty for the file as a whole.
    package let key: String
    package let text: String
    package let severity: Severity

    package init(file: String, line: Int, key: String, text: String, severity: Severity = .error) {
        self.file = file
        self.line = line
        self.key = key
        self.text = text
        self.severity = severity
    }

    package var description: String { "\(file):\(message)" }

    /// Without the name of the file.
    package var message: String { "\(line): " + (key.isEmpty ? text : "\(key) \(text)") }
}
