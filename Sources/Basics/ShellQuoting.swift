extension String {
    private static let shellSafe = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")

    /// This text as one word of a POSIX shell command line, quoted only where needed.
    package var shellQuoted: String {
        if !isEmpty, allSatisfy({ Self.shellSafe.contains($0) }) { return self }
        return "'" + replacing("'", with: "'\"'\"'") + "'"
    }
}

extension Sequence<String> {
    /// These words as a command line that can be pasted into a shell.
    package var shellLine: String { map(\.shellQuoted).joined(separator: " ") }
}
