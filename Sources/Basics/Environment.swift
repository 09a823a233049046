/// The environment of a process as a value: set explicitly, never read from the live process.
///
/// Variable names are unique; text forms are sorted by name so that plans and goldens are stable.
package struct Environment: Hashable, Sendable, Codable {
    private var values: [String: String]

    package init(_ values: [String: String] = [:]) { self.values = values }

    package subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    package var names: [String] { values.keys.sorted() }
    package var dictionary: [String: String] { values }

    /// The value if it is set and not empty: most of upstream's tests are of that kind.
    package func nonEmpty(_ name: String) -> String? {
        guard let value = values[name], !value.isEmpty else { return nil }
        return value
    }

    /// These variables over the present ones.
    package func merging(_ other: Environment) -> Environment {
        Environment(values.merging(other.values) { _, new in new })
    }

    package mutating func merge(_ other: Environment) { self = merging(other) }

    package func filter(_ isIncluded: (_ name: String, _ value: String) -> Bool) -> Environment {
        Environment(values.filter { isIncluded($0.key, $0.value) })
    }

    /// Parses the output of `env -0`: `NAME=value` records, each ended by a zero byte.
    package init(nullSeparated bytes: some Sequence<UInt8>) {
        values = [:]
        for record in Array(bytes).split(separator: 0) {
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(decoding: record[..<equals], as: UTF8.self)
            values[name] = String(decoding: record[(equals + 1)...], as: UTF8.self)
        }
    }
}
