import Yams

/// What services are called on a distribution: the `svc-map` files of a build's elements, merged (elements-inventory
/// section 4.12).
package struct ServiceMap: Hashable, Sendable {
    package private(set) var names: [String: String] = [:]
    private let distribution: String
    private let family: String?

    /// An empty map for a `DISTRO_NAME`.
    package init(distribution: String) {
        self.distribution = distribution
        family = DistributionFamily(distribution: distribution)?.rawValue
    }

    /// Adds the services of one element; `name` is what messages call its file.
    package mutating func merge(parsing text: String, named name: String, of element: ElementName) throws(ElementError)
    {
        for (service, value) in try YAMLDocument.pairs(of: text, named: name) {
            guard names[service] == nil else { throw .duplicatedService(service, element: element) }
            var spellings: [String: String] = [:]
            guard value.mapping != nil || value.isEmptyOrFalse else {
                throw .cannotParse(name, reason: "service '\(service)' has no mapping of names")
            }
            for (place, spelling) in value.mapping ?? [:] where !spelling.isNull {
                guard let place = place.scalar?.string, let spelling = spelling.text else {
                    throw .cannotParse(name, reason: "service '\(service)' has a name that is no text")
                }
                spellings[place] = spelling
            }
            names[service] =
                spellings[distribution] ?? family.flatMap { spellings[$0] } ?? spellings["default"] ?? service
        }
    }

    /// The map as YAML, one `service: name` on each line, sorted.
    package var text: String {
        names.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { "\(yamlScalar($0.key)): \(yamlScalar($0.value))\n" }
            .joined()
    }
}
