import Yams

/// Reads the text of an `element.yaml`, and collects all that is wrong with it on the way.
///
/// Unknown keys do not spoil the rest: a build reads what it knows, `dib-lint` refuses them.
package struct ElementDescriptionReader: Hashable, Sendable {
    package private(set) var problems: [ElementDescriptionProblem] = []
    /// What was read; of a file with errors, what could be understood.
    package private(set) var description = ElementDescription()
    private let file: String

    /// `name` is what messages call the file.
    package init(parsing text: String, named name: String) {
        file = name
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            complain("", at: nil, "is not YAML: \(YAMLDocument.problem(in: text) ?? "\(error)")")
            return
        }
        guard let mapping = root?.mapping else {
            complain("", at: root, "is not a mapping with a 'summary'")
            return
        }
        for (key, value) in mapping { read(key.scalar?.string ?? "", key, value) }
        if mapping["summary"] == nil { complain("summary", at: root, "is missing: one line, what the element is for") }
    }

    /// The first thing that keeps the file from being used.
    package var firstError: ElementDescriptionProblem? { problems.first { $0.severity == .error } }

    private static let keys = [
        "summary", "phases", "distributions", "architectures", "variables", "inputs", "disk", "ext4",
    ]
    private static let variableKeys = ["summary", "type", "default", "allowed", "required", "unless", "secret"]

    private mutating func read(_ key: String, _ keyNode: Node, _ value: Node) {
        switch key {
        case "summary": description.summary = line(value, key) ?? ""
        case "phases": description.phases = phases(value)
        case "distributions": description.distributions = words(value, key)
        case "architectures": description.architectures = words(value, key)
        case "variables": readVariables(value)
        case "inputs": readInputs(value)
        case "disk": description.disk = diskAccess(value)
        case "ext4": description.ext4Features = ext4Features(value)
        default: unknown(key, in: "", at: keyNode, known: Self.keys)
        }
    }

    private mutating func phases(_ node: Node) -> [HookPhase]? {
        words(node, "phases")?.compactMap { word in
            if let phase = HookPhase(rawValue: word) { return phase }
            let known = HookPhase.allCases.map(\.rawValue)
            complain("phases", at: node, "has '\(word)', which is no phase" + Self.suggestion(word, known))
            return nil
        }
    }

    private mutating func diskAccess(_ node: Node) -> DiskAccess? {
        guard let word = text(node, "disk") else { return nil }
        if let access = DiskAccess(rawValue: word) { return access }
        let known = DiskAccess.allCases.map(\.rawValue)
        complain("disk", at: node, "is '\(word)', none of: \(known.joined(separator: ", "))")
        return nil
    }

    /// Names as mke2fs(8) has them at `-O`; it is the one that knows them all.
    private mutating func ext4Features(_ node: Node) -> [String] {
        (words(node, "ext4") ?? []).filter { word in
            let name = word.first == "^" ? word.dropFirst() : word[...]
            if !name.isEmpty, String(name).consists(ofAlphanumericsAnd: "_") { return true }
            complain("ext4", at: node, "has '\(word)', which is no name of a feature, with or without '^'")
            return false
        }
    }

    // MARK: - Variables

    private mutating func readVariables(_ node: Node) {
        guard let mapping = node.isNull ? [:] : node.mapping else {
            complain("variables", at: node, "is not a mapping of names")
            return
        }
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard !name.isEmpty, name.consists(ofAlphanumericsAnd: "_"), name.first?.isNumber == false else {
                complain("variables", at: key, "has '\(name)', which is no name of a variable")
                continue
            }
            guard let properties = value.mapping else {
                complain("variables.\(name)", at: value, "is not a mapping with a 'summary'")
                continue
            }
            description.variables.append(variable(name, properties))
        }
    }

    private mutating func variable(_ name: String, _ properties: Node.Mapping) -> ElementVariable {
        var variable = ElementVariable(name: name)
        for (keyNode, value) in properties {
            let key = keyNode.scalar?.string ?? ""
            let path = "variables.\(name).\(key)"
            switch key {
            case "summary": variable.summary = line(value, path) ?? ""
            case "type": variable.kind = kind(value, path) ?? .string
            case "default": variable.defaultValue = text(value, path)
            case "allowed": variable.allowed = words(value, path)
            case "required": variable.isRequired = boolean(value, path) ?? false
            case "unless": variable.alternatives = words(value, path)
            case "secret": variable.isSecret = boolean(value, path) ?? false
            default: unknown(key, in: "variables.\(name)", at: keyNode, known: Self.variableKeys)
            }
        }
        checkDefault(of: variable, properties)
        return variable
    }

    /// A default is a value, too; one with variables in it is known only later.
    private mutating func checkDefault(of variable: ElementVariable, _ properties: Node.Mapping) {
        guard let value = variable.defaultValue, !value.isEmpty, !value.contains("$"),
            let objection = variable.objection(to: value)
        else { return }
        complain("variables.\(variable.name).default", at: properties["default"], "'\(value)' \(objection)")
    }

    private mutating func kind(_ node: Node, _ path: String) -> ElementVariable.Kind? {
        guard let word = text(node, path) else { return nil }
        if let kind = ElementVariable.Kind(rawValue: word) { return kind }
        let known = ElementVariable.Kind.allCases.map(\.rawValue)
        complain(path, at: node, "is '\(word)', none of: \(known.joined(separator: ", "))")
        return nil
    }

    // MARK: - Inputs

    private mutating func readInputs(_ node: Node) {
        guard let items = node.sequence else {
            complain("inputs", at: node, "is not a list; 'inputs: []' says that there are none")
            return
        }
        description.inputs = []
        for item in items {
            guard let pair = item.mapping?.first, item.mapping?.count == 1 else {
                complain("inputs", at: item, "has an item that is not one pair, as 'file: /etc/hosts'")
                continue
            }
            readInput(pair.key, pair.value)
        }
    }

    private mutating func readInput(_ keyNode: Node, _ value: Node) {
        let key = keyNode.scalar?.string ?? ""
        let kinds = ElementInput.Kind.allCases.map(\.rawValue)
        guard let kind = ElementInput.Kind(rawValue: key) else {
            complain(
                "inputs", at: keyNode, "has '\(key)', none of: \(kinds.joined(separator: ", "))")
            return
        }
        guard let text = text(value, "inputs.\(key)") else { return }
        guard let input = ElementInput(kind: kind, text: text) else {
            let managers = ElementInput.PackageManager.allCases.map(\.rawValue).joined(separator: ", ")
            let rule =
                switch kind {
                case .packages: "none of: \(managers)"
                case .git: "not an address and a reference"
                case .file, .url: "empty"
                }
            complain("inputs.\(key)", at: value, "is '\(text)', \(rule)")
            return
        }
        description.inputs?.append(input)
    }
}

// MARK: - Values

extension ElementDescriptionReader {
    private mutating func text(_ node: Node, _ path: String) -> String? {
        if let text = node.text { return text }
        complain(path, at: node, node.isNull ? "has no value" : "is not a text")
        return nil
    }

    private mutating func line(_ node: Node, _ path: String) -> String? {
        guard let text = text(node, path)?.trimmed else { return nil }
        if text.isEmpty || text.contains(where: \.isNewline) { complain(path, at: node, "is not one line") }
        return text
    }

    private mutating func boolean(_ node: Node, _ path: String) -> Bool? {
        guard let word = text(node, path) else { return nil }
        switch word.lowercased() {
        case "true", "yes": return true
        case "false", "no": return false
        default:
            complain(path, at: node, "is '\(word)', neither true nor false")
            return nil
        }
    }

    private mutating func words(_ node: Node, _ path: String) -> [String]? {
        guard let items = node.sequence else {
            complain(path, at: node, "is not a list, as [a, b]")
            return nil
        }
        var words: [String] = []
        for item in items {
            if let word = text(item, path) { words.append(word) }
        }
        return words
    }

    private mutating func unknown(_ key: String, in place: String, at node: Node, known: [String]) {
        complain(
            place, at: node,
            (place.isEmpty ? "the" : "has the") + " key '\(key)'"
                + (place.isEmpty ? " is unknown" : ", which is unknown") + Self.suggestion(key, known),
            severity: .unknownKey)
    }

    private static func suggestion(_ word: String, _ known: [String]) -> String {
        nearestWord(to: word, among: known).map { "; did you mean '\($0)'?" } ?? ""
    }

    private mutating func complain(
        _ key: String, at node: Node?, _ text: String, severity: ElementDescriptionProblem.Severity = .error
    ) {
        problems.append(
            ElementDescriptionProblem(
                file: file, line: node?.mark?.line ?? 1, key: key, text: text, severity: severity))
    }
}
