/// The databases of package managers as text, and what is in them.
package enum PackageDatabases {
    package static let debianStatus = "var/lib/dpkg/status"
    package static let alpine = ["lib/apk/db/installed", "usr/lib/apk/db/installed"]
    /// Where rpm keeps its own: by convention of each distribution and time.
    package static let rpmDirectories = ["usr/lib/sysimage/rpm", "var/lib/rpm", "root/.rpmdb"]

    /// `/var/lib/dpkg/status`: stanzas of `Field: value`.
    package static func debian(status text: String) -> [InstalledPackage] {
        text.split(separator: "\n\n").compactMap { stanza in
            var fields: [Substring: Substring] = [:]
            for line in stanza.split(separator: "\n") where line.first?.isWhitespace == false {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], fields["Status"]?.hasSuffix(" installed") == true else { return nil }
            var package = InstalledPackage(
                .deb, name: String(name), version: String(fields["Version"] ?? ""),
                architecture: String(fields["Architecture"] ?? ""))
            package.source = fields["Source"].map(String.init)
            package.supplier = fields["Maintainer"].map(String.init)
            package.homepage = fields["Homepage"].map(String.init)
            package.size = (fields["Installed-Size"].flatMap { UInt64($0) } ?? 0) << 10
            // dpkg adds the architecture to the names of files of packages that may be installed for several.
            let isShared = fields["Multi-Arch"] == "same"
            package.witness = "var/lib/dpkg/info/\(name)\(isShared ? ":\(package.architecture)" : "").list"
            return package
        }
    }

    /// `/lib/apk/db/installed`: stanzas of `X:value`, the files of a package behind its fields.
    package static func alpine(installed text: String) -> [InstalledPackage] {
        text.split(separator: "\n\n").compactMap { stanza in
            var fields: [Character: Substring] = [:]
            var folder = ""
            var witness: String?
            for line in stanza.split(separator: "\n") where line.dropFirst().first == ":" {
                guard let letter = line.first else { continue }
                let value = line.dropFirst(2)
                if letter == "F" { folder = String(value) }
                if letter == "R", witness == nil { witness = folder.isEmpty ? String(value) : "\(folder)/\(value)" }
                if fields[letter] == nil { fields[letter] = value }
            }
            guard let name = fields["P"] else { return nil }
            var package = InstalledPackage(
                .apk, name: String(name), version: String(fields["V"] ?? ""),
                architecture: String(fields["A"] ?? ""))
            package.source = fields["o"].map(String.init)
            package.supplier = fields["m"].map(String.init)
            package.homepage = fields["U"].map(String.init)
            package.license = fields["L"].map(String.init)
            package.size = fields["I"].flatMap { UInt64($0) } ?? 0
            package.witness = witness
            return package
        }
    }

    /// What `rpm` is asked for; fields are separated by a character that no name has, absent ones are `(none)`.
    package static let rpmFormat =
        ["NAME", "EPOCH", "VERSION", "RELEASE", "ARCH", "SOURCERPM", "VENDOR", "URL", "LICENSE", "SIZE"]
        .map { "%{\($0)}" }.joined(separator: "\u{1F}") + "\u{1F}[%{FILENAMES}\u{1E}]\\n"

    /// The answer of `rpm --query --all --queryformat FORMAT`.
    package static func rpm(answer text: String) -> [InstalledPackage] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
            // Keys that sign packages stand among them.
            guard fields.count == 11, fields[0] != "gpg-pubkey" else { return nil }
            func field(_ index: Int) -> String? { fields[index] == "(none)" ? nil : fields[index] }
            let epoch = field(1).map { $0 == "0" ? "" : "\($0):" } ?? ""
            var package = InstalledPackage(
                .rpm, name: fields[0], version: "\(epoch)\(fields[2])-\(fields[3])", architecture: field(4) ?? "")
            package.source = field(5)
            package.supplier = field(6)
            package.homepage = field(7)
            package.license = field(8)
            package.size = UInt64(fields[9]) ?? 0
            // Directories may be of others, too; the last name is deepest.
            package.witness = fields[10].split(separator: "\u{1E}").last.map { String($0.drop { $0 == "/" }) }
            return package
        }
    }
}
