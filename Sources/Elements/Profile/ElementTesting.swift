import Yams

/// How Ingot's own tests use an element, and which tests those are: a claim that a test holds against the tests.
package struct ElementTesting: Hashable, Sendable, Codable {
    /// The best of what is done with it, from most to least.
    package enum Level: String, CaseIterable, Hashable, Sendable, Codable {
        /// Built for real from a distribution's archive, and the image booted.
        case boot
        /// Built for real from a distribution's archive.
        case build
        /// Built or run against a stand-in: a mirror on loopback, a tree made for the test.
        case double
        /// Nothing but planned.
        case plan

        package var title: String {
            switch self {
            case .boot: "real build + boot"
            case .build: "real build"
            case .double: "double"
            case .plan: "plan only"
            }
        }
    }

    package let level: Level
    /// Files of tests below the checkout that say so, each naming the element.
    package let evidence: [String]

    package init(level: Level, evidence: [String]) {
        self.level = level
        self.evidence = evidence
    }

    /// Name of the file among the elements that has the claims.
    package static let fileName = "tested.yaml"

    /// Reads the claims: `ELEMENT: {boot: [FILE, …]}`, a level and its evidence for each element.
    package static func claims(
        parsing text: String, named name: String
    ) throws(ElementError) -> [ElementName: ElementTesting] {
        var claims: [ElementName: ElementTesting] = [:]
        for (element, value) in try YAMLDocument.pairs(of: text, named: name) {
            guard let pair = value.mapping?.first, value.mapping?.count == 1,
                let level = Level(rawValue: pair.key.scalar?.string ?? ""),
                let files = pair.value.sequence?.compactMap(\.text), !files.isEmpty
            else {
                throw .cannotParse(name, reason: "'\(element)' has no level with a list of tests")
            }
            claims[ElementName(element)] = ElementTesting(level: level, evidence: files)
        }
        return claims
    }
}
