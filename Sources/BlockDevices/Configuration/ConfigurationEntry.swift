/// The kinds of entry a block-device document may have: upstream's plug-in names, a closed set here.
package enum EntryType: String, CaseIterable, Hashable, Sendable, Codable {
    case localLoop = "local_loop"
    case partitioning
    case lvm
    case mkfs
    case mount
    case fstab
}

/// One entry of a flattened document: a type and its attributes, among them `name` and, but for roots, `base`.
package struct ConfigurationEntry: Sendable {
    package let type: EntryType
    package internal(set) var attributes: ConfigurationMapping
    package let location: ConfigurationLocation

    package init(type: EntryType, attributes: ConfigurationMapping, location: ConfigurationLocation) {
        self.type = type
        self.attributes = attributes
        self.location = location
    }

    /// The `name` attribute; flattening has made sure of it.
    package var name: String { attributes["name"]?.text ?? "" }
}

extension ConfigurationEntry: Hashable {
    package static func == (left: ConfigurationEntry, right: ConfigurationEntry) -> Bool {
        left.type == right.type && left.attributes == right.attributes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(attributes)
    }
}

extension ConfigurationEntry: Codable {
    package init(from decoder: any Decoder) throws {
        let value = try ConfigurationValue(from: decoder)
        let entries = try ConfigurationFlattening.flatten(.init(.sequence([value])))
        guard let entry = entries.last, entries.count == 1 else {
            throw BlockDeviceError(.document, "a flattened entry has entries inside")
        }
        self = entry
    }

    package func encode(to encoder: any Encoder) throws {
        var mapping = ConfigurationMapping()
        mapping[type.rawValue] = ConfigurationValue(.mapping(attributes))
        try ConfigurationValue(.mapping(mapping)).encode(to: encoder)
    }
}

extension ConfigurationValue {
    /// As Python's `%s` prints it: text as it is, anything else as Python source.
    var text: String {
        if let scalar, scalar.kind == .string { return scalar.text }
        return description
    }
}
