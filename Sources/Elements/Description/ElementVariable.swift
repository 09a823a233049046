import Basics

/// A variable that an element reads, as its `element.yaml` declares it.
package struct ElementVariable: Hashable, Sendable, Codable {
    /// What a value has to look like.
    package enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        case string
        /// `0`/`1`, `true`/`false` or `yes`/`no`, in any case: all of them are in use among elements.
        case boolean
        case integer
        /// What `ByteCount` reads: `10GiB`, `500M`, a bare number.
        case size
        case path
        case url
        /// Words separated by blanks or commas.
        case list
    }

    package var name: String
    package var summary: String
    package var kind: Kind
    /// What the element sets where the caller sets nothing: it does so itself, this is for readers.
    package var defaultValue: String?
    /// For a list, what each word may be.
    package var allowed: [String]?
    package var isRequired: Bool
    /// Other variables: where all of them are set, a required one may be left out.
    package var alternatives: [String]?
    /// Masked in everything that is printed, and never in a cached layer.
    package var isSecret: Bool

    /// As in the file, for readers of the JSON forms.
    private enum CodingKeys: String, CodingKey {
        case name, summary, allowed
        case kind = "type"
        case defaultValue = "default"
        case isRequired = "required"
        case isSecret = "secret"
        case alternatives = "unless"
    }

    package init(
        name: String, summary: String = "", kind: Kind = .string, defaultValue: String? = nil,
        allowed: [String]? = nil, isRequired: Bool = false, alternatives: [String]? = nil, isSecret: Bool = false
    ) {
        self.name = name
        self.summary = summary
        self.kind = kind
        self.defaultValue = defaultValue
        self.allowed = allowed
        self.isRequired = isRequired
        self.alternatives = alternatives
        self.isSecret = isSecret
    }

    /// For people: `required`, and when not.
    package var requirement: String {
        "required" + (alternatives.map { " unless \($0.joined(separator: " and ")) are set" } ?? "")
    }

    /// Why a value that is set and not empty cannot be meant, as the rest of a sentence about it; nothing if it can.
    package func objection(to value: String) -> String? {
        if let objection = kind.objection(to: value) { return objection }
        guard let allowed else { return nil }
        let words = kind == .list ? Kind.words(of: value) : [value]
        guard let stranger = words.first(where: { !allowed.contains($0) }) else { return nil }
        let suggestion = nearestWord(to: stranger, among: allowed).map { "; did you mean '\($0)'?" } ?? ""
        return "is none of: \(allowed.joined(separator: ", "))\(suggestion)"
    }
}

extension ElementVariable.Kind {
    /// The words of a list.
    package static func words(of value: String) -> [String] {
        value.split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    fileprivate func objection(to value: String) -> String? {
        switch self {
        case .string, .list: nil
        case .boolean:
            Self.switches.contains(value.lowercased()) ? nil : "is neither yes nor no (1, true, yes, 0, false, no)"
        case .integer: Int64(value) == nil ? "is no whole number" : nil
        case .size: (try? ByteCount(parsing: value)) == nil ? "is no size, as 10GiB or 500MiB" : nil
        case .path: value.contains("\0") || value.contains("\n") ? "is no path" : nil
        case .url:
            value.wholeMatch(of: /[A-Za-z][A-Za-z0-9+.-]*:\/\/\S+/) == nil ? "is no URL, as https://host/path" : nil
        }
    }

    private static let switches: Set<String> = ["0", "1", "true", "false", "yes", "no"]
}
