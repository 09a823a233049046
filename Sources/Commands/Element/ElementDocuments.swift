import Elements

/// The documents of a library's elements in Markdown, as paths with texts.
struct ElementDocuments {
    static let folder = "elements"
    let files: [String: String]

    init(library: ElementLibrary) throws {
        var files: [String: String] = [:]
        let profiles = try library.profiles()
        for profile in profiles {
            let readme = try library.catalog[ElementName(profile.name)].flatMap { try library.readme(of: $0) }
            files["\(Self.folder)/\(profile.name).md"] = Self.document(profile, readme)
        }
        files["elements.md"] = Self.table(profiles)
        self.files = files
    }

    /// One document: what it is for, facts, variables as a table, then the rest of its README.
    static func document(_ profile: ElementProfile, _ readme: ElementReadme?) -> String {
        var blocks = ["# \(profile.name)"]
        let introduction = MarkdownText(restructured: readme?.introduction ?? []).text
        blocks.append(introduction.isEmpty ? profile.summary : introduction)
        blocks.append(facts(profile))
        if !profile.variables.isEmpty { blocks.append("## Variables\n\n" + variables(profile)) }
        for section in readme?.sections.dropFirst() ?? [] {
            // Said by the table above.
            if section.title == "Variables", !profile.variables.isEmpty || section.lines == ["None."] { continue }
            blocks.append("## \(section.title)\n\n" + MarkdownText(restructured: section.lines).text)
        }
        blocks.append(
            "*Made by `ingot element docs` from the element's own files; do not edit.*")
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private static func facts(_ profile: ElementProfile) -> String {
        func links(_ names: [String]) -> String { names.map { "[\($0)](\($0).md)" }.joined(separator: ", ") }
        func codes(_ words: [String]) -> String { words.map { "`\($0)`" }.joined(separator: ", ") }
        let hooks = profile.phases.map { "\($0.phase.rawValue): \(codes($0.hooks))" }.joined(separator: "; ")
        let inputs = profile.inputs.map { inputs in
            inputs.isEmpty ? "nothing beside packages" : codes(inputs.map(\.description))
        }
        let rows: [(String, String)] = [
            ("Needs", links(profile.dependencies)), ("Provides", codes(profile.provides)), ("Hooks", hooks),
            ("Distributions", profile.distributions?.joined(separator: ", ") ?? "all"),
            ("Architectures", profile.architectures?.joined(separator: ", ") ?? "all"),
            ("Reads from outside", inputs ?? "not declared"), ("Tests of its own", codes(profile.tests)),
            ("Tested", profile.tested?.level.title ?? ""),
        ].filter { !$0.1.isEmpty }
        return "| | |\n|---|---|\n" + rows.map { "| \($0.0) | \(cell($0.1)) |" }.joined(separator: "\n")
    }

    private static func variables(_ profile: ElementProfile) -> String {
        let rows = profile.variables.map { variable in
            var type = variable.kind.rawValue
            if let allowed = variable.allowed { type += ": " + allowed.map { "`\($0)`" }.joined(separator: ", ") }
            if variable.isRequired { type += "; " + variable.requirement }
            if variable.isSecret { type += "; secret" }
            let value = variable.defaultValue.map { $0.isEmpty ? "" : "`\($0)`" } ?? ""
            return "| `\(variable.name)` | \(cell(type)) | \(cell(value)) | \(cell(variable.summary)) |"
        }
        return "| Name | Type | Default | Meaning |\n|---|---|---|---|\n" + rows.joined(separator: "\n")
    }

    /// The table of all, by level of testing.
    static func table(_ profiles: [ElementProfile]) -> String {
        let counts = ElementTesting.Level.allCases.compactMap { level -> String? in
            let count = profiles.filter { ($0.tested?.level ?? .plan) == level }.count
            return count == 0 ? nil : "\(count) \(level.title)"
        }
        let rows = profiles.map { profile in
            let tested = profile.tested ?? ElementTesting(level: .plan, evidence: [])
            let evidence = tested.evidence.map { "`\($0)`" }.joined(separator: ", ")
            return
                "| [\(profile.name)](elements/\(profile.name).md) | \(cell(profile.summary)) | \(tested.level.title) | \(evidence) |"
        }
        return """
            # Elements

            All \(profiles.count) elements that Ingot brings, and how its tests use each: \(counts.joined(separator: ", ")).

            - **real build + boot**: built from a distribution's own archive, and the image booted under QEMU
            - **real build**: built from a distribution's own archive, the tree looked at
            - **double**: its hooks run against a stand-in: a mirror on loopback, or a tree made for the test
            - **plan only**: nothing but planned

            The claims are those of `elements/tested.yaml`; a test holds them against the tests that they name.

            | Element | Purpose | Tested | By |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))

            *Made by `ingot element docs`; do not edit.*

            """
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
