package import SystemPackage

/// The checks of `dib-lint` over elements, as values: files in, complaints out.
package struct ElementLint: Sendable {
    /// A complaint: where, and what.
    package struct Finding: Hashable, Sendable, CustomStringConvertible {
        package let path: FilePath
        package let problem: String

        package init(path: FilePath, problem: String) {
            self.path = path
            self.problem = problem
        }

        package var description: String { "\(path) \(problem)" }
    }

    /// Names of rules that are off for all files.
    package let ignoredRules: Set<String>

    package init(ignoredRules: Set<String> = []) { self.ignoredRules = ignoredRules }

    package func findings(in file: LintedFile) -> [Finding] {
        let off = ignoredRules.union(file.disabledRules)
        return LintRule.all.filter { rule in rule.name.map { !off.contains($0) } ?? true }
            .flatMap { $0.problems(file) }
            .map { Finding(path: file.path, problem: $0) }
    }

    /// The rules that `ignore =` names under `[dib-lint]` of a `tox.ini`.
    package static func ignoredRules(toxConfiguration text: String) -> Set<String> {
        var isOurs = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("[") {
                isOurs = line.hasPrefix("[dib-lint]")
            } else if isOurs, let match = line.wholeMatch(of: #/\s*ignore\s*[=:](.*)/#) {
                return Set(match.1.split { $0 == " " || $0 == "," }.map(String.init))
            }
        }
        return []
    }
}
