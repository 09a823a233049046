/// Repositories of `.repo` files (yum.conf(5), zypper(8)): where their `repomd.xml` is.
struct RPMRepositories: Hashable, Sendable {
    /// Of `repomd.xml`, or of a list of mirrors that has its digest.
    let addresses: [String]

    init(text: String, osRelease: String, machine: String) {
        let version =
            osRelease.split(separator: "\n").first { $0.hasPrefix("VERSION_ID=") }
            .map { $0.dropFirst("VERSION_ID=".count).filter { $0 != "\"" && $0 != "'" } } ?? ""
        let major = String(version.prefix { $0 != "." })
        let values = [
            "$releasever_major": major, "$releasever": version, "$basearch": machine, "$arch": machine,
        ]
        var found: [String] = []
        for section in text.split(separator: /\n(?=\[)/) {
            var fields: [String: String] = [:]
            for line in section.split(separator: "\n") {
                guard let equals = line.firstIndex(of: "=") else { continue }
                fields[line[..<equals].trimmedText.lowercased()] = line[line.index(after: equals)...].trimmedText
            }
            guard !["0", "no", "false"].contains((fields["enabled"] ?? "1").lowercased()) else { continue }
            let base = fields["baseurl"].map { $0.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "" }
            guard
                var address = base.map({ $0 + ($0.hasSuffix("/") ? "" : "/") + "repodata/repomd.xml" })
                    ?? fields["metalink"] ?? fields["mirrorlist"]
            else { continue }
            for (name, value) in values.sorted(by: { $0.key.count > $1.key.count }) {
                address = address.replacing(name, with: value).replacing("${\(name.dropFirst())}", with: value)
            }
            found.append(address)
        }
        addresses = found
    }
}
