package import Basics

/// The descriptions of a build's elements, as far as they have one.
package struct ElementDescriptions: Hashable, Sendable {
    /// A variable, and the element that declares it.
    package struct DeclaredVariable: Hashable, Sendable {
        package let element: ElementName
        package let variable: ElementVariable

        package init(element: ElementName, variable: ElementVariable) {
            self.element = element
            self.variable = variable
        }
    }

    package static let none = ElementDescriptions([])

    private let byName: [ElementName: ElementDescription]
    /// Every declaration, in the order of the elements.
    package let variables: [DeclaredVariable]
    /// What the elements say of the root's ext4, each once.
    package let ext4Features: [String]
    /// Files that could not be used, where that is no reason to refuse a build.
    package let problems: [ElementDescriptionProblem]

    package init(
        _ descriptions: [(element: ElementName, description: ElementDescription)],
        problems: [ElementDescriptionProblem] = []
    ) {
        byName = Dictionary(descriptions.map { ($0.element, $0.description) }, uniquingKeysWith: { first, _ in first })
        variables = descriptions.flatMap { element, description in
            description.variables.map { DeclaredVariable(element: element, variable: $0) }
        }
        ext4Features = descriptions.flatMap(\.description.ext4Features).reduce(into: []) { all, feature in
            if !all.contains(feature) { all.append(feature) }
        }
        self.problems = problems
    }

    package subscript(element: ElementName) -> ElementDescription? { byName[element] }

    /// The first declaration of a variable.
    package func declaration(of name: String) -> DeclaredVariable? { variables.first { $0.variable.name == name } }

    /// Names of variables whose values must be shown nowhere and kept in no cached layer.
    package var secretNames: Set<String> { Set(variables.filter(\.variable.isSecret).map(\.variable.name)) }

    /// What elements set where the caller sets nothing; of several declarations the first with a default counts.
    package var defaults: [String: String] {
        var result: [String: String] = [:]
        for declared in variables {
            guard let value = declared.variable.defaultValue, result[declared.variable.name] == nil else { continue }
            result[declared.variable.name] = value
        }
        return result
    }

    /// What the hooks of an element read from outside, with the values of variables in place of their names; nothing
    /// if that cannot be known.
    ///
    /// Variables that `environment` leaves unset count with the `default` that some element declares. What then still
    /// comes to nothing as a whole is not read at all, and a file is not if any variable in its path is empty; but an
    /// address with a gap in it is one that only the hook knows, so the answer is that nobody knows.
    package func inputs(of element: ElementName, in environment: Environment) -> [ElementInput]? {
        guard let inputs = byName[element]?.inputs else { return nil }
        let expansion = VariableExpansion(environment: environment, defaults: defaults)
        var result: [ElementInput] = []
        for input in inputs {
            switch input {
            case .packages: result.append(input)
            case .file(let text):
                if !expansion.hasEmptyVariable(text) { result.append(.file(expansion.expand(text))) }
            case .url(let text):
                let url = expansion.expand(text)
                if url.isEmpty { continue }
                if expansion.hasEmptyVariable(text) { return nil }
                result.append(.url(url))
            case .git(let text, let reference):
                let url = expansion.expand(text)
                if url.isEmpty { continue }
                if expansion.hasEmptyVariable(text) { return nil }
                result.append(.git(url: url, reference: expansion.expand(reference)))
            }
        }
        return result
    }
}
