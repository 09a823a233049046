/// A package that an image has, as the package manager in it says.
///
/// The principal type of `Provenance`: what is in an image, where it came from, and the documents that say so (SPDX,
/// CycloneDX, in-toto). Pure: text and values in, bytes out; who reads databases out of images is a layer above.
package struct InstalledPackage: Hashable, Sendable, Codable {
    /// Whose database it stands in; the raw value is the type of its package URL.
    package enum Manager: String, Hashable, Sendable, Codable {
        case deb
        case rpm
        case apk
    }

    package var manager: Manager
    package var name: String
    /// As the package manager compares it, epoch and all.
    package var version: String
    package var architecture: String
    /// What it was built from, where that has another name or version.
    package var source: String?
    /// Who answers for it: a person or a company with an address, as the package says.
    package var supplier: String?
    package var homepage: String?
    /// In the package's own words, which need not be a licence expression of SPDX.
    package var license: String?
    /// In bytes, as the package says.
    package var size: UInt64 = 0
    /// A file that the package manager writes, or the package brings: whoever wrote it last has installed the package.
    package var witness: String?
    package var origin: Origin?

    /// Which element's hook has installed a package.
    package struct Origin: Hashable, Sendable, Codable {
        package let element: String
        package let hook: String

        package init(element: String, hook: String) {
            self.element = element
            self.hook = hook
        }
    }

    package init(_ manager: Manager, name: String, version: String, architecture: String) {
        self.manager = manager
        self.name = name
        self.version = version
        self.architecture = architecture
    }

    /// The package URL (https://github.com/package-url/purl-spec): a name that vulnerability databases understand.
    package func url(on system: SystemRelease) -> String {
        var version = version
        var qualifiers: [String] = []
        if !architecture.isEmpty { qualifiers.append("arch=\(Self.escaped(architecture))") }
        if !system.identifier.isEmpty, !system.version.isEmpty {
            qualifiers.append("distro=\(Self.escaped("\(system.identifier)-\(system.version)"))")
        }
        // Epochs of rpm are a qualifier; Debian's are part of the version.
        if manager == .rpm, let colon = version.firstIndex(of: ":") {
            qualifiers.append("epoch=\(Self.escaped(String(version[..<colon])))")
            version = String(version[version.index(after: colon)...])
        }
        let space = system.identifier.isEmpty ? "" : Self.escaped(system.identifier) + "/"
        let tail = qualifiers.isEmpty ? "" : "?" + qualifiers.sorted().joined(separator: "&")
        return "pkg:\(manager.rawValue)/\(space)\(Self.escaped(name))@\(Self.escaped(version))\(tail)"
    }

    /// Per cent signs before everything but RFC 3986's unreserved characters, and the colon, which purl leaves alone.
    private static func escaped(_ text: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:".utf8)
        return text.utf8.map { byte in
            if plain.contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count < 2 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}

/// Which operating system an image has: os-release(5).
package struct SystemRelease: Hashable, Sendable, Codable {
    /// `debian`, `fedora`, `alpine`; empty if it is not known.
    package var identifier = ""
    package var version = ""
    /// For people.
    package var name = ""

    package init() {}

    package init(osRelease text: String) {
        var fields: [Substring: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { continue }
            let value = line[line.index(after: equals)...]
            fields[line[..<equals]] = value.filter { $0 != "\"" && $0 != "'" }
        }
        identifier = fields["ID"] ?? ""
        version = fields["VERSION_ID"] ?? ""
        name = fields["PRETTY_NAME"] ?? ""
    }
}
