import Elements

/// Archives of sources.list(5), in either of its two forms.
struct AptSources: Hashable, Sendable {
    struct Archive: Hashable, Sendable {
        let address: String
        let suite: String
    }

    private(set) var archives: [Archive] = []

    /// Lines of `deb [OPTIONS] URI SUITE COMPONENT…`.
    init(lines: String) {
        for line in lines.split(separator: "\n") {
            let text = line.prefix { $0 != "#" }.replacing(/\[[^\]]*\]/, with: "")
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count >= 3, words[0] == "deb" else { continue }
            add(words[1], words[2])
        }
    }

    /// Stanzas of `URIs:` and `Suites:`.
    init(stanzas: String) {
        for stanza in stanzas.split(separator: /\n[ \t]*\n/) {
            var fields: [String: String] = [:]
            var name = ""
            for line in stanza.split(separator: "\n") where !line.hasPrefix("#") {
                if line.first?.isWhitespace ?? true {
                    fields[name, default: ""] += " " + line
                    continue
                }
                name = line.prefix { $0 != ":" }.lowercased()
                fields[name] = String(line.drop { $0 != ":" }.dropFirst())
            }
            guard !["no", "false", "0"].contains((fields["enabled"] ?? "yes").trimmedText.lowercased()),
                (fields["types"] ?? "").split(whereSeparator: \.isWhitespace).contains("deb")
            else { continue }
            for address in (fields["uris"] ?? "").split(whereSeparator: \.isWhitespace) {
                for suite in (fields["suites"] ?? "").split(whereSeparator: \.isWhitespace) {
                    add(String(address), String(suite))
                }
            }
        }
    }

    private mutating func add(_ address: String, _ suite: String) {
        let isLocal = ["file:/", "copy:/"].contains { address.hasPrefix($0) } && !address.hasPrefix("file://")
        let plain = isLocal ? "file://" + address.dropFirst(5) : address
        let archive = Archive(address: plain.hasSuffix("/") ? String(plain.dropLast()) : plain, suite: suite)
        if !archives.contains(archive) { archives.append(archive) }
    }

    /// The signed list of an archive's lists; that of a flat one is where its packages are.
    var indexes: [PackageIndex] {
        archives.map { archive in
            let place =
                archive.suite.hasSuffix("/")
                ? archive.address + "/" + (archive.suite == "./" ? "" : archive.suite)
                : "\(archive.address)/dists/\(archive.suite)/"
            return PackageIndex(manager: .apt, address: place + "InRelease")
        }
    }
}
