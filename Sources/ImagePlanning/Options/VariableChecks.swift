import Basics
package import Elements

/// Judges a request by what its elements say of themselves, before anything is built (decision 0015).
///
/// `ingot build` refuses what cannot be meant. Under upstream's names only what makes the build fail for certain is
/// refused, a required variable that nobody sets; the rest is a warning, since upstream leaves each hook to judge.
package struct VariableChecks: Hashable, Sendable {
    package let request: BuildRequest
    /// In the order of the build.
    package let elements: [ElementName]
    package let descriptions: ElementDescriptions
    /// What files of `environment.d` set, in the order in which they are sourced.
    package let assignments: [EnvironmentAssignment]
    /// Slips of the pen among the caller's variables: each with what may be meant.
    package let misspelt: [MisspeltVariable]

    package init(
        request: BuildRequest, elements: [ElementName], descriptions: ElementDescriptions,
        assignments: [EnvironmentAssignment] = [], misspelt: [MisspeltVariable] = []
    ) {
        self.request = request
        self.elements = elements
        self.descriptions = descriptions
        self.assignments = assignments
        self.misspelt = misspelt
    }

    private var isStrict: Bool { request.mode == .native }

    /// Throws for the first thing that makes a build pointless.
    package func refuse() throws(PlanError) {
        if let error = missing.first { throw error }
        if isStrict, let error = (architectures + values).first { throw error }
    }

    /// One line each.
    package var warnings: [String] {
        let leniently = isStrict ? [] : (architectures + values).map(\.line)
        let unusable = descriptions.problems.map { "\($0), so it is not used" }
        return leniently + unusable + distributions + misspelt.map(\.description)
    }

    /// Required variables that neither the caller nor a file of `environment.d` sets.
    private var missing: [PlanError] {
        func isSet(_ name: String) -> Bool {
            request.environment.nonEmpty(name) != nil || assignments.contains { $0.name == name }
        }
        return descriptions.variables.filter { declared in
            let variable = declared.variable
            guard variable.isRequired, !isSet(variable.name) else { return false }
            return !(variable.alternatives.map { !$0.isEmpty && $0.allSatisfy(isSet) } ?? false)
        }.map { declared in
            let variable = declared.variable
            let others = variable.alternatives.map { ", or \($0.joined(separator: " and "))," } ?? ""
            let purpose = variable.summary.isEmpty ? "" : ": " + variable.summary.lowercasedFirst
            return PlanError(
                "element '\(declared.element)' needs the variable \(variable.name)\(purpose.withoutFullStop)",
                hint: variable.allowed.map { "set \(variable.name) to one of: \($0.joined(separator: ", "))" }
                    ?? "set \(variable.name)=\(variable.defaultValue ?? "…")\(others) before the command")
        }
    }

    /// Values that are not of their type, or not among those allowed.
    private var values: [PlanError] {
        var seen: Set<String> = []
        return descriptions.variables.compactMap { declared in
            let variable = declared.variable
            guard let value = request.environment.nonEmpty(variable.name),
                let objection = variable.objection(to: value), seen.insert(variable.name).inserted
            else { return nil }
            let shown = variable.isSecret ? "(secret)" : "'\(value)'"
            return PlanError(
                "\(variable.name) is \(shown), which \(variable.isSecret ? "cannot be meant" : objection)",
                hint: "it is a variable of element '\(declared.element)': "
                    + "'ingot element show \(declared.element)' says more; unset it for the element's own value")
        }
    }

    private var architectures: [PlanError] {
        elements.compactMap { element in
            guard let known = descriptions[element]?.architectures, !known.isEmpty,
                !known.contains(where: { $0.names(request.architecture) })
            else { return nil }
            return PlanError(
                "element '\(element)' is for \(known.joined(separator: ", ")), not for \(request.architecture)",
                hint: "choose another architecture (-a, ARCH), or leave the element out")
        }
    }

    /// Only a warning: an element often works where nobody has tried it.
    private var distributions: [String] {
        guard let distribution = distributionName else { return [] }
        return elements.compactMap { element in
            guard let known = descriptions[element]?.distributions, !known.isEmpty,
                !known.contains(distribution)
            else { return nil }
            return "element '\(element)' is for \(known.joined(separator: ", ")), not known to work on \(distribution)"
        }
    }

    /// What the elements say that they build, where that can be read.
    private var distributionName: String? {
        for assignment in assignments.reversed() where assignment.name == "DISTRO_NAME" {
            switch assignment.value {
            case .fixed(let name): return name
            case .fallback(let name): return request.environment.nonEmpty("DISTRO_NAME") ?? name
            case .computed: return nil
            }
        }
        return nil
    }
}

extension PlanError {
    /// Message and hint as one line.
    fileprivate var line: String { message + (hint.map { " (\($0))" } ?? "") }
}

extension String {
    /// Whether this is a name of the architecture, in Debian's spelling or the kernel's.
    fileprivate func names(_ architecture: Architecture) -> Bool {
        Architecture(machine: self).name == Architecture(machine: architecture.name).name
    }

    fileprivate var lowercasedFirst: String {
        guard let first, dropFirst().first?.isUppercase != true else { return self }
        return first.lowercased() + dropFirst()
    }

    fileprivate var withoutFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
