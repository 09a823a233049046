import Glibc

/// Which file names in a phase directory are hooks: those the pattern `RUN_PARTS_REGEX` matches (compat-core 4.2).
///
/// The default admits no dot, so `10-x.bash` and `README.rst` are data. Another pattern is an extended POSIX expression
/// as `grep -E` takes it, not anchored by itself.
package struct HookFileNameRule: Hashable, Sendable {
    package static let `default` = HookFileNameRule(verified: "^[0-9A-Za-z_-]+$")

    package let pattern: String

    /// Takes the value of `RUN_PARTS_REGEX`; an empty one means the default.
    package init(pattern: String?) throws(ElementError) {
        guard let pattern, !pattern.isEmpty else {
            self = .default
            return
        }
        self.init(verified: pattern)
        var expression = regex_t()
        let status = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)
        guard status == 0 else {
            throw .invalidHookNamePattern(pattern, reason: Self.message(status, &expression))
        }
        regfree(&expression)
    }

    private init(verified pattern: String) { self.pattern = pattern }

    package func accepts(_ name: String) -> Bool {
        if self == .default { return name.consists(ofAlphanumericsAnd: "_-") }
        var expression = regex_t()
        guard regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) == 0 else { return false }
        defer { regfree(&expression) }
        return regexec(&expression, name, 0, nil, 0) == 0
    }

    private static func message(_ status: CInt, _ expression: inout regex_t) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let base = buffer.baseAddress else { return "error \(status)" }
            _ = regerror(status, &expression, base, buffer.count)
            return String(cString: base)
        }
    }
}

extension String {
    /// Whether this is one or more ASCII letters, digits and the characters given.
    func consists(ofAlphanumericsAnd others: String) -> Bool {
        let others = Array(others.utf8)
        return !isEmpty
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: others.contains(byte)
                }
            }
    }
}
