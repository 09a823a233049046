package import SystemPackage

/// The checks of `dib-lint` that compare an element's `element.yaml` with its other files.
///
/// Each can be switched off as the others of `dib-lint`: `description`, `phases`, `variables`.
package struct DescriptionLint: Hashable, Sendable {
    /// The file itself.
    private let file: LintedFile
    private let reader: ElementDescriptionReader
    private let others: [LintedFile]
    private let element: FilePath
    /// Names of those in the element's own.
    private let directories: Set<String>

    /// Nothing for an element without the file.
    package init?(element: FilePath, files: [LintedFile], directories: Set<String>) {
        let path = element.appending(ElementDescription.fileName)
        guard let file = files.first(where: { $0.path == path }) else { return nil }
        self.file = file
        self.element = element
        self.directories = directories
        reader = ElementDescriptionReader(parsing: file.text, named: path.string)
        others = files.filter { $0.path != path }
    }

    /// What is wrong; `inherited` are variables that elements which it depends on declare.
    package func findings(ignoredRules: Set<String>, inherited: Set<String>) -> [ElementLint.Finding] {
        let off = ignoredRules.union(file.disabledRules)
        let rules: [(name: String, problems: [String])] = [
            ("description", reader.problems.map { "line \($0.message)" }), ("phases", phases),
            ("variables", variables(inherited)),
        ]
        return rules.filter { !off.contains($0.name) }.flatMap(\.problems)
            .map { ElementLint.Finding(path: file.path, problem: $0) }
    }

    /// Phases named without a directory, and the other way round; nothing where none are named.
    private var phases: [String] {
        guard let named = reader.description.phases else { return [] }
        return HookPhase.allCases.compactMap { phase in
            switch (named.contains(phase), directories.contains(phase.directoryName)) {
            case (true, false): "names the phase '\(phase.rawValue)', but there is no \(phase.directoryName)"
            case (false, true): "does not name the phase '\(phase.rawValue)', but there is \(phase.directoryName)"
            default: nil
            }
        }
    }

    /// Variables that its code reads, and that neither it, nor an element it depends on, nor the engine declares.
    private func variables(_ inherited: Set<String>) -> [String] {
        let declared = Set(reader.description.variables.map(\.name)).union(inherited)
        var missing: Set<String> = []
        for file in others where isCode(file) {
            let code = file.lines.filter { !$0.trimmed.hasPrefix("#") }.joined(separator: "\n")
            missing.formUnion(ElementMentions.names(in: code).filter { !$0.hasSuffix("_") })
        }
        return missing.filter { !declared.contains($0) && !EngineVariables.knows($0) }.sorted()
            .map { "does not declare the variable \($0), which the element reads" }
    }

    /// Not documents, and not tests, which set what others read.
    private func isCode(_ file: LintedFile) -> Bool {
        let path = relative(file)
        return !["rst", "md", "txt"].contains(file.path.extension ?? "")
            && !["tests", ElementProfile.testDirectory].contains(path.first ?? "")
    }

    /// The components of a file's path below the element.
    private func relative(_ file: LintedFile) -> [String] {
        file.path.components.dropFirst(element.components.count).map(\.string)
    }
}
