/// A key of a mapping of any name.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// As plain JSON: the form of upstream's `config.json`.
///
/// Numbers are written as numbers only where that keeps their text; `0700` or `0x83` stay text.
extension ConfigurationValue: Codable {
    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            var mapping = ConfigurationMapping()
            for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                mapping[key.stringValue] = try container.decode(ConfigurationValue.self, forKey: key)
            }
            self.init(.mapping(mapping))
        } else if var container = try? decoder.unkeyedContainer() {
            var values: [ConfigurationValue] = []
            while !container.isAtEnd { values.append(try container.decode(ConfigurationValue.self)) }
            self.init(.sequence(values))
        } else {
            self.init(.scalar(try ConfigurationScalar(in: decoder.singleValueContainer())))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch content {
        case .scalar(let scalar):
            var container = encoder.singleValueContainer()
            try scalar.encode(to: &container)
        case .sequence(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        case .mapping(let mapping):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in mapping.pairs { try container.encode(value, forKey: AnyKey(key)) }
        }
    }
}

extension ConfigurationScalar {
    fileprivate init(in container: any SingleValueDecodingContainer) throws {
        if container.decodeNil() {
            self.init("null", kind: .null)
        } else if let value = try? container.decode(Bool.self) {
            self.init(value ? "true" : "false", kind: .boolean)
        } else if let value = try? container.decode(Int64.self) {
            self.init(String(value), kind: .integer)
        } else if let value = try? container.decode(Double.self) {
            self.init(String(value), kind: .float)
        } else {
            self.init(try container.decode(String.self))
        }
    }

    fileprivate func encode(to container: inout any SingleValueEncodingContainer) throws {
        switch kind {
        case .null: try container.encodeNil()
        case .boolean: try container.encode(["yes", "true", "on"].contains(text.lowercased()))
        case .integer:
            if let value = Int64(text), String(value) == text {
                try container.encode(value)
            } else {
                try container.encode(text)
            }
        case .float:
            if let value = Double(text), String(value) == text {
                try container.encode(value)
            } else {
                try container.encode(text)
            }
        case .string: try container.encode(text)
        }
    }
}
