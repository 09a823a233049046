import Elements

/// An element for people: headings with indented lines below them, as `ingot plan` has them.
struct ElementText {
    let profile: ElementProfile
    /// Of its README.
    let introduction: [String]?

    var text: String { lines.map { $0 + "\n" }.joined() }

    private var lines: [String] {
        let title = profile.summary.isEmpty ? profile.name : "\(profile.name): \(profile.summary)"
        var lines = [title]
        lines += section(nil, introduction ?? [])
        lines += section(nil, facts.filter { !$0.1.isEmpty }.map { $0.0.padding(to: 15) + $0.1 })
        lines += section("Hooks", hooks)
        lines += section("Variables", profile.variables.flatMap(variable))
        return lines + section("Inputs", inputs)
    }

    private var facts: [(String, String)] {
        let tested = profile.tested.map { "\($0.level.title) (\(list($0.evidence)))" }
        return [
            ("directory", profile.path), ("needs", list(profile.dependencies)), ("provides", list(profile.provides)),
            ("distributions", list(profile.distributions)), ("architectures", list(profile.architectures)),
            ("tests", list(profile.tests)), ("tested", tested ?? ""),
        ]
    }

    private func list(_ words: [String]?) -> String { (words ?? []).joined(separator: ", ") }

    private func section(_ title: String?, _ rows: [String]) -> [String] {
        guard !rows.isEmpty else { return [] }
        return [""] + (title.map { [$0] } ?? []) + rows.map { title == nil || $0.isEmpty ? $0 : "  " + $0 }
    }

    private var hooks: [String] {
        profile.phases.map { row in
            let place = row.phase.place == .host ? "on the host" : "in the image"
            return "\(row.phase.rawValue) (\(place)):".padding(to: 27) + row.hooks.joined(separator: ", ")
        }
    }

    private func variable(_ variable: ElementVariable) -> [String] {
        var marks = [variable.kind.rawValue]
        if variable.isRequired { marks.append(variable.requirement) }
        if variable.isSecret { marks.append("secret") }
        if let value = variable.defaultValue { marks.append("default '\(value)'") }
        if let allowed = variable.allowed { marks.append("one of \(allowed.joined(separator: ", "))") }
        return ["\(variable.name) (\(marks.joined(separator: "; ")))", "    \(variable.summary)"]
    }

    private var inputs: [String] {
        guard let inputs = profile.inputs else { return ["not declared: its layers are not kept in the cache"] }
        return inputs.isEmpty ? ["none beside packages"] : inputs.map(\.description)
    }
}
