package import Elements

/// A variable that elements of the build declare: its value, as far as it is known, and where that comes from.
package struct PlannedSetting: Hashable, Sendable, Codable {
    package let name: String
    package let type: ElementVariable.Kind
    package let summary: String
    /// Those that declare it.
    package let elements: [String]
    /// Nothing while it is unset, or known only where a hook runs.
    package let value: String?
    /// `environment`, `command line, or its default`, `environment.d of E`, `default of E`, `unset`.
    package let origin: String
    package let isSecret: Bool

    /// The same with its value as readers may see it.
    package func masked(_ mask: (String) -> String) -> PlannedSetting {
        PlannedSetting(
            name: name, type: type, summary: summary, elements: elements,
            value: value.map { isSecret && !$0.isEmpty ? "***" : mask($0) }, origin: origin, isSecret: isSecret)
    }

    /// Whether the caller's environment sets it.
    package var isGiven: Bool { origin == Self.environment }

    fileprivate static let environment = "environment"
    fileprivate static let option = "command line, or its default"
}

extension BuildPlan {
    /// The variables that the plan's elements declare, sorted; `variables` are those that hooks will see.
    package func settings(_ variables: [PlannedVariable]) -> [PlannedSetting] {
        let given = Dictionary(variables.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let groups = Dictionary(grouping: checks.descriptions.variables, by: \.variable.name)
        return groups.sorted { $0.key < $1.key }.compactMap { name, declared in
            guard let first = declared.first else { return nil }
            let (value, origin) = value(of: name, given: given[name], declared: declared)
            return PlannedSetting(
                name: name, type: first.variable.kind, summary: first.variable.summary,
                elements: declared.map(\.element.text), value: value, origin: origin,
                isSecret: declared.contains(where: \.variable.isSecret))
        }
    }

    private func value(
        of name: String, given: PlannedVariable?, declared: [ElementDescriptions.DeclaredVariable]
    ) -> (String?, String) {
        let scripts = checks.assignments.filter { $0.name == name }
        if let last = scripts.last, case .fixed(let text) = last.value {
            return (text, "environment.d of \(last.element)")
        }
        if let given, !given.value.isEmpty {
            return (given.value, given.origin == .caller ? PlannedSetting.environment : origin(of: given))
        }
        if let last = scripts.last {
            guard case .fallback(let text) = last.value else { return (nil, "environment.d of \(last.element)") }
            return (text, "environment.d of \(last.element)")
        }
        for declaration in declared {
            guard let text = declaration.variable.defaultValue else { continue }
            return (text, "default of \(declaration.element)")
        }
        return (nil, "unset")
    }

    private func origin(of variable: PlannedVariable) -> String {
        variable.origin == .option ? PlannedSetting.option : variable.origin.rawValue
    }
}
