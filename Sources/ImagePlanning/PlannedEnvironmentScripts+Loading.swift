import Elements
import Foundation
import SystemPackage

extension BuildPlan {
    /// The files of `environment.d` in the order in which they are sourced.
    ///
    /// The names are those of plain `export NAME=` lines: what a file computes is known only where it runs.
    package func environmentScripts() -> [PlannedEnvironmentScript] {
        let prefix = EnvironmentScripts.directoryName + "/"
        return staging.copies.filter { $0.destination.hasPrefix(prefix) && $0.entry.isFile }
            .sorted { $0.destination.utf8.lexicographicallyPrecedes($1.destination.utf8) }
            .map { copy in
                let text = (try? String(contentsOfFile: copy.source.string, encoding: .utf8)) ?? ""
                return PlannedEnvironmentScript(
                    element: copy.element.text, fileName: copy.entry.name, exports: Self.exportedNames(in: text))
            }
    }

    /// Names of `export NAME=…` and `export NAME NAME…`, each once.
    package static func exportedNames(in text: String) -> [String] {
        var names: [String] = []
        for match in text.matches(
            of: /(?m)^[ \t]*export[ \t]+((?:[A-Za-z_][A-Za-z0-9_]*(?:$|[ \t]+))*)([A-Za-z_][A-Za-z0-9_]*)?/)
        {
            let words = match.1.split(whereSeparator: \.isWhitespace) + [match.2].compactMap(\.self)
            for name in words.map(String.init) where !names.contains(name) { names.append(name) }
        }
        return names
    }
}
