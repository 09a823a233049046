import Foundation

/// What packages are called where: the `pkg-map` file of an element (elements-inventory section 4.11).
///
/// A release of a distribution prevails over the distribution, that over its family, that over the default.
package struct PackageMap: Hashable, Sendable {
    /// Package to the names it has; empty text: it is not needed there.
    package typealias Names = [String: String]

    package private(set) var byDefault: Names = [:]
    package private(set) var byFamily: [String: Names] = [:]
    package private(set) var byDistribution: [String: Names] = [:]
    package private(set) var byRelease: [String: [String: Names]] = [:]

    /// Parses the JSON text; `name` is what messages call it.
    package init(parsing text: String, named name: String) throws(ElementError) {
        do {
            let file = try JSONDecoder().decode(File.self, from: Data(text.utf8))
            byDefault = Self.flat(file.default)
            byFamily = (file.family ?? [:]).mapValues(Self.flat)
            byDistribution = (file.distro ?? [:]).mapValues(Self.flat)
            byRelease = (file.release ?? [:]).mapValues { ($0 ?? [:]).mapValues(Self.flat) }
        } catch let error as DecodingError {
            throw .cannotParse(name, reason: Self.reason(for: error))
        } catch {
            throw .cannotParse(name, reason: "\(error)")
        }
    }

    /// One line for each name, `kind<TAB>where<TAB>name<TAB>value`, sorted by bytes: a form that bash can read.
    package var flatText: String {
        var lines = Self.lines("default", "", byDefault)
        lines += byFamily.flatMap { Self.lines("family", $0, $1) }
        lines += byDistribution.flatMap { Self.lines("distro", $0, $1) }
        for (distribution, releases) in byRelease {
            lines += releases.flatMap { Self.lines("release", "\(distribution)/\($0)", $1) }
        }
        return lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined()
    }

    private static func lines(_ kind: String, _ place: String, _ names: Names) -> [String] {
        names.map { "\(kind)\t\(place)\t\($0)\t\($1)\n" }
    }

    /// White space of any kind separates names; a single blank does so in the flat form too.
    private static func flat(_ names: [String: String?]?) -> Names {
        (names ?? [:]).mapValues { ($0 ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    private struct File: Decodable {
        let `default`: [String: String?]?
        let family: [String: [String: String?]?]?
        let distro: [String: [String: String?]?]?
        let release: [String: [String: [String: String?]?]?]?
    }

    private static func reason(for error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            let place = context.codingPath.map { "'\($0.stringValue)'" }.joined(separator: " ")
            return "unexpected value" + (place.isEmpty ? "" : " at \(place)")
        default: return "not valid JSON"
        }
    }
}

extension PackageMap {
    /// What a map says of a package.
    package enum Mapping: Hashable, Sendable {
        /// One or more names, separated by blanks.
        case names(String)
        /// Nothing needs to be installed.
        case nothing
        case unmapped
    }

    /// What the package is called in a release of a distribution; `8-stream` counts as `8`.
    package func mapping(of package: String, distribution: String, release: String? = nil) -> Mapping {
        let release = release == "8-stream" ? "8" : release
        let family = DistributionFamily(distribution: distribution)?.rawValue
        let value =
            release.flatMap { byRelease[distribution]?[$0]?[package] } ?? byDistribution[distribution]?[package]
            ?? family.flatMap { byFamily[$0]?[package] } ?? byDefault[package]
        guard let value else { return .unmapped }
        return value.isEmpty ? .nothing : .names(value)
    }
}
