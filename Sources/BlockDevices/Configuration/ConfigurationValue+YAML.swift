import Yams

extension ConfigurationValue {
    /// The most nodes a document may expand to: aliases make a small text arbitrarily large.
    private static let nodeLimit = 10_000

    /// Parses one YAML document; errors call it by `subject`.
    ///
    /// JSON is accepted, being a subset.
    package init(yaml text: String, subject: String = "block device configuration") throws(BlockDeviceError) {
        let node: Node?
        do { node = try compose(yaml: text) } catch {
            throw BlockDeviceError(.document, "cannot parse \(subject): \(Self.reason(of: error))")
        }
        guard let node else { throw BlockDeviceError(.document, "\(subject) is empty") }
        var budget = Self.nodeLimit
        try self.init(node, at: ConfigurationLocation(), budget: &budget)
    }

    private static func reason(of error: any Error) -> String {
        guard let error = error as? YamlError else { return "\(error)" }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return "\(problem) in line \(mark.line)"
        case .duplicatedKeysInMapping(let keys, let context):
            return "duplicate key '\(keys.joined(separator: "', '"))' in line \(context.mark.line)"
        default: return "\(error)"
        }
    }

    private init(
        _ node: Node, at location: ConfigurationLocation, budget: inout Int
    ) throws(BlockDeviceError) {
        budget -= 1
        guard budget > 0 else {
            throw BlockDeviceError(.document, "the document expands to too many values")
        }
        switch node {
        case .scalar(let scalar): self.init(.scalar(ConfigurationScalar(scalar)), at: location)
        case .sequence(let sequence):
            var values: [ConfigurationValue] = []
            for (index, element) in sequence.enumerated() {
                let place = location.appending(index: index, line: element.mark?.line)
                values.append(try ConfigurationValue(element, at: place, budget: &budget))
            }
            self.init(.sequence(values), at: location)
        case .mapping(let mapping):
            self.init(.mapping(try Self.mapping(mapping, at: location, budget: &budget)), at: location)
        case .alias:
            throw BlockDeviceError(.document, "the document has an unresolved alias", at: location)
        }
    }

    /// Merge keys (`<<`) come first, and explicit keys win, as in PyYAML.
    private static func mapping(
        _ node: Node.Mapping, at location: ConfigurationLocation, budget: inout Int
    ) throws(BlockDeviceError) -> ConfigurationMapping {
        var merged = ConfigurationMapping()
        var explicit = ConfigurationMapping()
        for (keyNode, valueNode) in node {
            guard case .scalar(let key) = keyNode else {
                throw BlockDeviceError(.document, "a key of a mapping is not a word", at: location)
            }
            let place = location.appending(key: key.string, line: keyNode.mark?.line)
            let value = try ConfigurationValue(valueNode, at: place, budget: &budget)
            guard key.string == "<<", key.style == .plain else {
                explicit[key.string] = value
                continue
            }
            for source in (value.sequence ?? [value]).reversed() {
                guard let mapping = source.mapping else {
                    throw BlockDeviceError(.document, "a merge key needs a mapping", at: source.location)
                }
                for (key, value) in mapping.pairs { merged[key] = value }
            }
        }
        for (key, value) in explicit.pairs { merged[key] = value }
        return merged
    }
}

extension ConfigurationScalar {
    fileprivate init(_ scalar: Node.Scalar) {
        switch scalar.tag.description {
        case "tag:yaml.org,2002:str": self.init(scalar.string)
        case "tag:yaml.org,2002:int": self.init(scalar.string, kind: .integer)
        case "tag:yaml.org,2002:float": self.init(scalar.string, kind: .float)
        case "tag:yaml.org,2002:bool": self.init(scalar.string, kind: .boolean)
        case "tag:yaml.org,2002:null": self.init(scalar.string, kind: .null)
        default:
            if scalar.style == .plain { self.init(plain: scalar.string) } else { self.init(scalar.string) }
        }
    }
}
