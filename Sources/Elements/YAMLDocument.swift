import Yams

/// Reads the small YAML files of elements, keeping the order of their entries; JSON, being YAML, is read by the same means.
enum YAMLDocument {
    /// The pairs of the mapping that a text holds; none for a text without content.
    static func pairs(of text: String, named subject: String) throws(ElementError) -> [(key: String, value: Node)] {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw .cannotParse(subject, reason: reason(for: error))
        } catch {
            throw .cannotParse(subject, reason: "\(error)")
        }
        guard let root, !root.isNull else { return [] }
        guard let mapping = root.mapping else { throw .cannotParse(subject, reason: "not a mapping") }
        var pairs: [(key: String, value: Node)] = []
        for (key, value) in mapping {
            guard let key = key.scalar?.string else { throw .cannotParse(subject, reason: "a key is not a plain word") }
            pairs.append((key, value))
        }
        return pairs
    }

    /// What keeps a text from being YAML; nothing if it is.
    static func problem(in text: String) -> String? {
        do { _ = try Yams.compose(yaml: text) } catch let error as YamlError { return reason(for: error) } catch {
            return "\(error)"
        }
        return nil
    }

    /// One line: Yams quotes the source below its message.
    private static func reason(for error: YamlError) -> String {
        switch error {
        case .duplicatedKeysInMapping(let duplicates, let context):
            "line \(context.mark.line): \(duplicates.map { "'\($0)'" }.joined(separator: ", ")) given twice"
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): \(problem)"
        default: "\(error)".split(separator: "\n").joined(separator: " ")
        }
    }
}

extension Node {
    var isNull: Bool { null != nil }

    /// The text of a scalar that is not null.
    var text: String? { isNull ? nil : scalar?.string }

    /// What Python takes for false: nothing, an empty text or collection, zero, a false boolean.
    var isEmptyOrFalse: Bool {
        switch self {
        case .scalar(let scalar): isNull || scalar.string.isEmpty || isSaidNo
        case .mapping(let mapping): mapping.isEmpty
        case .sequence(let sequence): sequence.isEmpty
        case .alias: false
        }
    }

    /// A scalar that says no, quoted or not.
    var isSaidNo: Bool {
        guard let word = text?.lowercased() else { return false }
        return ["false", "no", "off", "0"].contains(word)
    }
}
