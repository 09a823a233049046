import BlockDevices
import Foundation
import ImagePlanning

extension ImageListEntry {
    /// Reads one file: a YAML 1.1 list of mappings, every key known and every value of its type.
    static func load(_ file: String) throws(ImageListError) -> [ImageListEntry] {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw ImageListError("cannot read '\(file)': no such file, or no permission")
        }
        return try parse(String(decoding: bytes, as: UTF8.self), file: file)
    }

    static func parse(_ text: String, file: String) throws(ImageListError) -> [ImageListEntry] {
        let document: ConfigurationValue
        do { document = try ConfigurationValue(yaml: text, subject: "image list '\(file)'") } catch {
            throw ImageListError("\(error)")
        }
        guard let items = document.sequence else {
            throw ImageListError(
                "a list of images is wanted (lines that begin with '- ')", in: file, at: document.location)
        }
        var entries: [ImageListEntry] = []
        for item in items { entries.append(try ImageListEntry(item, file: file)) }
        return entries
    }

    private init(_ item: ConfigurationValue, file: String) throws(ImageListError) {
        guard let mapping = item.mapping else {
            throw ImageListError("an image is a mapping, such as 'imagename: web'", in: file, at: item.location)
        }
        for (name, value) in mapping.pairs {
            guard let key = ImageListKey.named(name) else {
                throw ImageListError("'\(name)' is not a key of an image; see --help", in: file, at: value.location)
            }
            guard let checked = Value(value, as: key.kind) else {
                throw ImageListError("'\(name)' must be \(key.typeNote)", in: file, at: value.location)
            }
            values[name] = checked
        }
    }
}

extension ImageListEntry.Value {
    /// The types are YAML's: `5` is no text, and `"5"` no number.
    fileprivate init?(_ value: ConfigurationValue, as kind: ImageListKey.Kind) {
        switch kind {
        case .text:
            guard let text = value.text else { return nil }
            self = .text(text)
        case .word(let words):
            guard let text = value.text, words.contains(text) else { return nil }
            self = .text(text)
        case .number(let range):
            guard value.scalar?.kind == .integer, let number = value.scalar?.integer, range.contains(number) else {
                return nil
            }
            self = .number(number)
        case .truth:
            guard value.scalar?.kind == .boolean, let text = value.scalar?.text.lowercased() else { return nil }
            self = .truth(["yes", "true", "on"].contains(text))
        case .list:
            guard let texts = value.texts else { return nil }
            self = .list(texts)
        case .formats:
            guard let texts = value.texts, texts.allSatisfy({ OutputFormat($0) != nil }) else { return nil }
            self = .list(texts)
        case .pairs:
            guard let mapping = value.mapping else { return nil }
            let pairs = mapping.pairs.compactMap { key, value in
                value.text.map { ImageListEntry.Pair(name: key, value: $0) }
            }
            guard pairs.count == mapping.keys.count else { return nil }
            self = .pairs(pairs)
        }
    }
}

extension ConfigurationValue {
    fileprivate var text: String? { scalar?.kind == .string ? scalar?.text : nil }

    fileprivate var texts: [String]? {
        guard let sequence else { return nil }
        let texts = sequence.compactMap(\.text)
        return texts.count == sequence.count ? texts : nil
    }
}

extension ConfigurationScalar {
    /// YAML 1.1's notations: `010` is eight, `0x10` sixteen, `1_000` a thousand.
    fileprivate var integer: Int? {
        let digits = text.replacing("_", with: "")
        if digits.hasPrefix("0x") { return Int(digits.dropFirst(2), radix: 16) }
        if digits.hasPrefix("0b") { return Int(digits.dropFirst(2), radix: 2) }
        if digits.count > 1, digits.hasPrefix("0") { return Int(digits, radix: 8) }
        return Int(digits)
    }
}
