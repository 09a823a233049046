/// The text of qemu-img's `-o`: `key=value,…`, a comma in a value doubled.
struct OptionText: Sendable, Equatable {
    struct Item: Sendable, Equatable {
        let key: String
        let value: String

        /// The text that gives this item again.
        var text: String { "\(key)=\(value.replacing(",", with: ",,"))" }

        var refused: DiskFormatError { refused("it is not a value of this option") }

        func refused(_ reason: String) -> DiskFormatError {
            DiskFormatError(.invalidRequest, "honour image option '\(key)=\(value)'", reason)
        }

        func flag() throws(DiskFormatError) -> Bool {
            switch value {
            case "on", "yes", "true", "y": return true
            case "off", "no", "false", "n": return false
            default: throw refused("it is neither on nor off")
            }
        }

        /// A whole number of bytes with QEMU's binary suffixes.
        func size() throws(DiskFormatError) -> UInt64 {
            let digits = value.prefix { $0.isASCII && $0.isNumber }
            let shift = ["": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40][value.dropFirst(digits.count).lowercased()]
            guard let number = UInt64(digits), let shift, number <= UInt64.max >> UInt64(shift) else {
                throw refused("it is not a whole number of bytes, K, M, G or T")
            }
            return number << UInt64(shift)
        }

        func choice<Value: RawRepresentable & CaseIterable>(_: Value.Type) throws(DiskFormatError) -> Value
        where Value.RawValue == String {
            if let choice = Value(rawValue: value) { return choice }
            throw refused("choose from \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
    }

    let items: [Item]

    init(_ text: String) throws(DiskFormatError) {
        var items: [Item] = []
        for word in text.replacing(",,", with: "\u{0}").split(separator: ",") {
            let item = word.replacing("\u{0}", with: ",")
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw DiskFormatError(
                    .invalidRequest, "honour image option '\(item)'", "it is not of the form key=value")
            }
            items.append(Item(key: parts[0], value: parts[1]))
        }
        self.items = items
    }
}
