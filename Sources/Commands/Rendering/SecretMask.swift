import Basics

/// Replaces secrets by `***` in everything a build prints.
///
/// `environment.d` is always traced and hooks like to echo their settings, so passwords of the caller's environment
/// end up in logs (compat-core 13.32). What counts as a secret is decided by the variable's name:
/// - names that contain `PASSWORD`, `PASSWD`, `PASSPHRASE`, `SECRET`, `TOKEN` or `CREDENTIAL`;
/// - names whose last word is `KEY` or `APIKEY` (`REG_ACTIVATION_KEY`), unless the word before it is `PUBLIC`;
/// - names that an element's `element.yaml` declares secret, whatever their value;
/// - the password within `scheme://user:password@host`, whatever the name (`http_proxy`).
///
/// Never secret: values that are absolute paths, numbered choices and switches (`true`, `0`), and names that end in
/// `_FILE`, `_PATH`, `_DIR`, `_URL`. Values of fewer than four characters are masked only after `NAME=`: replacing
/// every `ab` of a log would destroy it and reveal the value all the same.
struct SecretMask: Sendable, Equatable {
    /// Texts to replace wherever they occur, longest first, so that no secret hides a longer one.
    private let texts: [String]
    /// `NAME=value` texts of short secrets.
    private let assignments: [(text: String, masked: String)]

    static let none = SecretMask(environment: Environment())
    private static let replacement = "***"
    private static let shortest = 4

    init(environment: Environment, secretNames: Set<String> = []) {
        var texts: Set<String> = []
        var assignments: [(text: String, masked: String)] = []
        for (name, value) in environment.dictionary {
            if let password = Self.passwordOfURL(value) { texts.insert(password) }
            guard secretNames.contains(name) || Self.isSecret(name: name, value: value) else { continue }
            for form in Self.forms(of: value) {
                if form.count >= Self.shortest {
                    texts.insert(form)
                } else {
                    for quote in ["", "'", "\""] {
                        assignments.append(("\(name)=\(quote)\(form)\(quote)", "\(name)=\(Self.replacement)"))
                    }
                }
            }
        }
        self.texts = texts.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        self.assignments = assignments.sorted { $0.text > $1.text }
    }

    static func == (left: SecretMask, right: SecretMask) -> Bool {
        left.texts == right.texts && left.assignments.map(\.text) == right.assignments.map(\.text)
    }

    /// The text with every secret replaced.
    func applied(to text: String) -> String {
        var result = text
        for secret in texts where result.contains(secret) {
            result = result.replacing(secret, with: Self.replacement)
        }
        for assignment in assignments where result.contains(assignment.text) {
            result = result.replacing(assignment.text, with: assignment.masked)
        }
        return result
    }

    static func isSecret(name: String, value: String) -> Bool {
        guard !value.isEmpty, !value.hasPrefix("/"), !switches.contains(value.lowercased()) else { return false }
        let words = name.uppercased().split(separator: "_").map(String.init)
        guard let last = words.last, !["FILE", "PATH", "DIR", "URL"].contains(last) else { return false }
        let name = words.joined(separator: "_")
        if marks.contains(where: { name.contains($0) }) { return true }
        return ["KEY", "APIKEY"].contains(last) && words.dropLast().last != "PUBLIC" && !value.hasPrefix("ssh-")
    }

    private static let marks = ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL"]
    private static let switches: Set<String> = ["0", "1", "true", "false", "yes", "no", "on", "off", "none"]

    /// The value as it may appear on a line: bare or in double quotes of `declare -p`, in single quotes of `set -x`;
    /// of a value of several lines, each line.
    private static func forms(of value: String) -> Set<String> {
        var forms: Set<String> = []
        for line in value.split(separator: "\n").map(String.init) {
            var doubleQuoted = line
            for special in ["\\", "\"", "$", "`"] {
                doubleQuoted = doubleQuoted.replacing(special, with: "\\" + special)
            }
            forms.formUnion([line, line.replacing("'", with: "'\\''"), doubleQuoted])
        }
        return forms
    }

    private static func passwordOfURL(_ value: String) -> String? {
        guard let scheme = value.firstRange(of: "://") else { return nil }
        let authority = value[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return nil
        }
        let password = authority[authority.index(after: colon)..<at]
        return password.count >= shortest ? String(password) : nil
    }
}
