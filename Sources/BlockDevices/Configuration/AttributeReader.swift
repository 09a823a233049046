import Basics

/// Reads the attributes of one entry with their types, and says where something is wrong.
///
/// A null counts as absent. Names, types and paths are taken from the source text whatever YAML made of them.
struct AttributeReader {
    let attributes: ConfigurationMapping
    let location: ConfigurationLocation

    init(_ entry: ConfigurationEntry) {
        attributes = entry.attributes
        location = entry.location
    }

    /// A reader of an element of a list inside an entry.
    init(element value: ConfigurationValue, of list: String) throws(BlockDeviceError) {
        guard let mapping = value.mapping else {
            throw BlockDeviceError(.node, "element of '\(list)' is not a dict: \(value)", at: value.location)
        }
        attributes = mapping
        location = value.location
    }

    /// An error about a key, be it there or missing.
    func error(_ message: String, at key: String) -> BlockDeviceError {
        BlockDeviceError(.node, message, at: attributes[key]?.location ?? location.appending(key: key, line: nil))
    }

    func value(_ key: String) -> ConfigurationValue? {
        guard let value = attributes[key], !value.isNull else { return nil }
        return value
    }

    func has(_ key: String) -> Bool { value(key) != nil }

    /// The source text of a scalar.
    func text(_ key: String) throws(BlockDeviceError) -> String? {
        guard let value = value(key) else { return nil }
        guard let scalar = value.scalar else { throw error("'\(key)' must be a text, not \(value)", at: key) }
        return scalar.text
    }

    /// The source text of a scalar that must be there; `message` is upstream's complaint about its absence.
    func text(_ key: String, missing message: String) throws(BlockDeviceError) -> String {
        guard let text = try text(key), !text.isEmpty else { throw error(message, at: key) }
        return text
    }

    /// A name: of a node, or of a node's base.
    func name() throws(BlockDeviceError) -> String {
        try text("name", missing: "'name' must not be empty")
    }

    /// A text that YAML must have understood as text: an unquoted number is refused.
    func string(_ key: String) throws(BlockDeviceError) -> String? {
        guard let text = try text(key) else { return nil }
        guard value(key)?.scalar?.kind == .string else {
            throw error("'\(key)' must be a text: write '\(text)' in quotes", at: key)
        }
        return text
    }

    /// An absolute size.
    func size(_ key: String) throws(BlockDeviceError) -> ByteCount? {
        guard let text = try string(key) else { return nil }
        do { return try ByteCount(parsing: text) } catch { throw self.error("\(error)", at: key) }
    }

    /// A whole number, quoted or not.
    func number(_ key: String) throws(BlockDeviceError) -> Int? {
        guard let text = try text(key) else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw error("'\(key)' must be a whole number, not '\(text)'", at: key)
        }
        return number
    }

    /// A GUID in lower case, not all zeroes.
    func guid(_ key: String) throws(BlockDeviceError) -> String? {
        guard let text = try text(key)?.lowercased() else { return nil }
        let isGUID = text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/) != nil
        guard isGUID, text.contains(where: { $0 != "0" && $0 != "-" }) else {
            throw error("\(key) '\(text)' is not a GUID", at: key)
        }
        return text
    }

    func list(_ key: String) throws(BlockDeviceError) -> [ConfigurationValue]? {
        guard let value = value(key) else { return nil }
        guard let list = value.sequence else { throw error("'\(key)' must be a list, not \(value)", at: key) }
        return list
    }

    /// A list of words.
    func words(_ key: String) throws(BlockDeviceError) -> [String]? {
        guard let list = try list(key) else { return nil }
        var words: [String] = []
        for value in list {
            guard let scalar = value.scalar, scalar.kind != .null else {
                throw BlockDeviceError(.node, "'\(key)' must be a list of words, not of \(value)", at: value.location)
            }
            words.append(scalar.text)
        }
        return words
    }
}
