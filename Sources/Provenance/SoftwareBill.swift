import DiskFormats
package import Foundation

/// What is in an image, before it takes the form of a document.
package struct SoftwareBill: Hashable, Sendable {
    /// A file that holds the image.
    package struct File: Hashable, Sendable {
        package let name: String
        /// 64 hexadecimal digits.
        package let sha256: String

        package init(name: String, sha256: String) {
            self.name = name
            self.sha256 = sha256
        }
    }

    package var image: String
    package var system: SystemRelease
    /// Sorted: the databases of some package managers are in no order.
    package let packages: [InstalledPackage]
    package var files: [File]
    /// Seconds since 1970: when the image was made, or is said to have been.
    package var time: UInt64
    /// The version of the program that writes the document.
    package var toolVersion: String

    package init(
        image: String, system: SystemRelease, packages: [InstalledPackage], files: [File] = [], time: UInt64,
        toolVersion: String
    ) {
        self.image = image
        self.system = system
        self.packages = Set(packages).sorted {
            ($0.name, $0.version, $0.architecture) < ($1.name, $1.version, $1.architecture)
        }
        self.files = files.sorted { $0.name < $1.name }
        self.time = time
        self.toolVersion = toolVersion
    }

    /// In the form of RFC 3339, which all the documents use.
    var timestamp: String { Self.timestamp(time) }

    static func timestamp(_ seconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }

    /// An identifier that is a function of everything in the bill: equal images, equal documents.
    func identifier(_ purpose: String) throws -> String {
        let lines =
            ["\(purpose) \(image) \(system.identifier) \(system.version) \(time) \(toolVersion)"]
            + files.map { "\($0.sha256) \($0.name)" }
            + packages.map { "\($0.url(on: system)) \($0.origin?.element ?? "") \($0.origin?.hook ?? "")" }
        let digits = Array(try sha256(of: lines.joined(separator: "\n")).prefix(32))
        // RFC 9562, version 8: what the bits mean is the maker's affair.
        let text = String(digits[0..<12]) + "8" + String(digits[13..<16]) + "a" + String(digits[17..<32])
        let ends = [0, 8, 12, 16, 20, 32].map { text.index(text.startIndex, offsetBy: $0) }
        return zip(ends, ends.dropFirst()).map { String(text[$0..<$1]) }.joined(separator: "-")
    }
}

/// The forms in which a bill of materials can be had.
package enum BillFormat: String, Hashable, Sendable, Codable, CaseIterable {
    case spdx
    case cyclonedx

    /// The formats of a comma-separated list; nothing if it has a word that is none.
    package static func list(_ text: String) -> [BillFormat]? {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if text.isEmpty { return [] }
        let formats = words.map { BillFormat(rawValue: $0) }
        return formats.contains(nil) ? nil : Set(formats.compactMap { $0 }).sorted { $0.rawValue < $1.rawValue }
    }

    /// What follows the image's name.
    package var suffix: String { self == .spdx ? ".spdx.json" : ".cdx.json" }

    package func document(of bill: SoftwareBill) throws -> Data {
        switch self {
        case .spdx: try DocumentText.json(SPDXDocument(bill))
        case .cyclonedx: try DocumentText.json(CycloneDXDocument(bill))
        }
    }
}

/// JSON whose bytes depend on the value alone: keys sorted, one line each.
package enum DocumentText {
    package static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }
}
