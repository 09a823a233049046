/// Turns a document in tree style into the flat list of entries of the digraph style (compat-blockdevice 3.1).
///
/// A child entry is any key that is an entry type; it takes its parent's name as base, and children come out before
/// their parent. A document that is flat already comes out unchanged.
enum ConfigurationFlattening {
    static func flatten(_ document: ConfigurationValue) throws(BlockDeviceError) -> [ConfigurationEntry] {
        if document.isNull { throw BlockDeviceError(.document, "block device configuration is empty") }
        guard let items = document.sequence else {
            // Upstream iterates whatever it is given: of a mapping, the keys.
            let first = document.mapping?.keys.first ?? document.text
            throw BlockDeviceError(.document, "Config entry not a dict: \(first)", at: document.location)
        }
        var entries: [ConfigurationEntry] = []
        for item in items { entries += try flatten(item: item) }
        return entries
    }

    private static func flatten(item: ConfigurationValue) throws(BlockDeviceError) -> [ConfigurationEntry] {
        guard let mapping = item.mapping else {
            throw BlockDeviceError(.document, "Config entry not a dict: \(item.text)", at: item.location)
        }
        guard let (key, value) = mapping.pairs.first, mapping.keys.count == 1 else {
            throw BlockDeviceError(
                .document, "Config entry top-level should be a single dict: \(item)", at: item.location)
        }
        guard let type = EntryType(rawValue: key) else {
            throw BlockDeviceError(.document, "Config entry is not a plugin value: \(item)", at: value.location)
        }
        return try flatten(type, value, parent: nil)
    }

    /// The descendants of an entry, and after them the entry itself.
    private static func flatten(
        _ type: EntryType, _ value: ConfigurationValue, parent: String?
    ) throws(BlockDeviceError) -> [ConfigurationEntry] {
        guard let mapping = value.mapping else {
            throw BlockDeviceError(
                .document, "Config entry '\(type.rawValue)' needs keys and values, not \(value)", at: value.location)
        }
        var attributes = ConfigurationMapping()
        attributes["base"] = mapping["base"] ?? parent.map { ConfigurationValue($0, at: value.location) }
        let name: ConfigurationValue
        if let stated = mapping["name"] {
            name = stated
        } else {
            name = try defaultName(type, base: attributes["base"], at: value.location)
        }
        attributes["name"] = name
        var entries: [ConfigurationEntry] = []
        for (key, child) in mapping.pairs {
            if key == "partitions" {
                let (inner, partitions) = try flatten(
                    partitions: child, base: attributes["base"], owner: value.location)
                entries += inner
                attributes[key] = partitions
            } else if let childType = EntryType(rawValue: key) {
                entries += try flatten(childType, child, parent: name.text)
            } else {
                attributes[key] = child
            }
        }
        entries.append(ConfigurationEntry(type: type, attributes: attributes, location: value.location))
        return entries
    }

    private static func defaultName(
        _ type: EntryType, base: ConfigurationValue?, at location: ConfigurationLocation
    ) throws(BlockDeviceError) -> ConfigurationValue {
        guard let base else {
            throw BlockDeviceError(
                .document, "Config entry '\(type.rawValue)' needs a 'name' or a 'base'",
                at: location.appending(key: "name", line: nil))
        }
        return ConfigurationValue("\(type.rawValue)_\(base.text)", at: location)
    }

    /// The elements of a `partitions` list: their child entries, and the elements without them.
    private static func flatten(
        partitions value: ConfigurationValue, base: ConfigurationValue?, owner: ConfigurationLocation
    ) throws(BlockDeviceError) -> ([ConfigurationEntry], ConfigurationValue) {
        guard let items = value.sequence else {
            throw BlockDeviceError(.document, "'partitions' must be a list", at: value.location)
        }
        guard let base else {
            throw BlockDeviceError(
                .document, "Partitioning config needs 'base'", at: owner.appending(key: "base", line: nil))
        }
        var entries: [ConfigurationEntry] = []
        var partitions: [ConfigurationValue] = []
        for item in items {
            guard let mapping = item.mapping else {
                throw BlockDeviceError(.document, "partition is not a dict: \(item)", at: item.location)
            }
            guard let name = mapping["name"], !name.isNull else {
                throw BlockDeviceError(
                    .document, "partition needs a 'name': \(item)", at: item.location.appending(key: "name", line: nil))
            }
            var attributes = ConfigurationMapping()
            for (key, child) in mapping.pairs {
                if let childType = EntryType(rawValue: key) {
                    entries += try flatten(childType, child, parent: name.text)
                } else {
                    attributes[key] = child
                }
            }
            attributes["base"] = base
            partitions.append(ConfigurationValue(.mapping(attributes), at: item.location))
        }
        return (entries, ConfigurationValue(.sequence(partitions), at: value.location))
    }
}
