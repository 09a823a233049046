/// A node of a block-device document: scalar, list or mapping, and where it stood.
///
/// Our own type rather than the YAML library's, so that equality ignores positions and nothing else depends on Yams.
package struct ConfigurationValue: Sendable {
    package enum Content: Hashable, Sendable {
        case scalar(ConfigurationScalar)
        case sequence([ConfigurationValue])
        case mapping(ConfigurationMapping)
    }

    package let content: Content
    package let location: ConfigurationLocation

    package init(_ content: Content, at location: ConfigurationLocation = ConfigurationLocation()) {
        self.content = content
        self.location = location
    }

    /// A text value.
    package init(_ text: String, at location: ConfigurationLocation = ConfigurationLocation()) {
        self.init(.scalar(ConfigurationScalar(text)), at: location)
    }

    package var scalar: ConfigurationScalar? { if case .scalar(let value) = content { value } else { nil } }
    package var sequence: [ConfigurationValue]? { if case .sequence(let value) = content { value } else { nil } }
    package var mapping: ConfigurationMapping? { if case .mapping(let value) = content { value } else { nil } }
    package var isNull: Bool { scalar?.kind == .null }
}

extension ConfigurationValue: Hashable {
    package static func == (left: ConfigurationValue, right: ConfigurationValue) -> Bool {
        left.content == right.content
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(content) }
}

extension ConfigurationValue: CustomStringConvertible {
    /// As Python prints it: upstream's messages quote values so, and default names of nodes with a list as base
    /// (`lvm_['root']`) are made of it.
    package var description: String {
        switch content {
        case .scalar(let scalar):
            switch scalar.kind {
            case .string: Self.quoted(scalar.text)
            case .integer, .float: scalar.text
            case .boolean: ["yes", "true", "on"].contains(scalar.text.lowercased()) ? "True" : "False"
            case .null: "None"
            }
        case .sequence(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        case .mapping(let mapping): mapping.description
        }
    }

    fileprivate static func quoted(_ text: String) -> String {
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = quote
        for character in text {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            default: result.append(character)
            }
        }
        return result + quote
    }
}

/// A mapping that remembers the order of its keys; two mappings are equal whatever their order.
package struct ConfigurationMapping: Sendable {
    package private(set) var keys: [String] = []
    private var values: [String: ConfigurationValue] = [:]

    package init() {}

    package subscript(key: String) -> ConfigurationValue? {
        get { values[key] }
        set {
            if values[key] == nil, newValue != nil { keys.append(key) }
            if newValue == nil { keys.removeAll { $0 == key } }
            values[key] = newValue
        }
    }

    package var pairs: [(key: String, value: ConfigurationValue)] {
        keys.compactMap { key in values[key].map { (key, $0) } }
    }
}

extension ConfigurationMapping: Hashable {
    package static func == (left: ConfigurationMapping, right: ConfigurationMapping) -> Bool {
        left.values == right.values
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(values) }
}

extension ConfigurationMapping: CustomStringConvertible {
    package var description: String {
        "{" + pairs.map { "\(ConfigurationValue.quoted($0.key)): \($0.value)" }.joined(separator: ", ") + "}"
    }
}
