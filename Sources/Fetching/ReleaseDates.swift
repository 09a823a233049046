import Foundation

/// The dates that a package archive of Debian's kind signs: `Release`, `InRelease`.
struct ReleaseDates: Hashable {
    /// Seconds since 1970.
    let date: UInt64?
    let validUntil: UInt64?

    /// Whether an address is that of a signed list.
    static func isRelease(_ url: String) -> Bool { url.hasSuffix("/InRelease") || url.hasSuffix("/Release") }

    init(_ text: String) {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n").prefix(64) {
            guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
            let name = String(line[..<colon])
            if fields[name] == nil { fields[name] = String(line[line.index(after: colon)...]) }
        }
        date = fields["Date"].flatMap(Self.seconds)
        validUntil = fields["Valid-Until"].flatMap(Self.seconds)
    }

    /// `Sat, 15 Nov 2025 08:13:37 UTC`: the form of RFC 9110, with either name of the zone.
    private static func seconds(_ text: String) -> UInt64? {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, d MMM yyyy HH:mm:ss zzz"
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard let date = formatter.date(from: trimmed), date.timeIntervalSince1970 >= 0 else { return nil }
        return UInt64(date.timeIntervalSince1970)
    }

    static func words(_ seconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

extension BuildLock.Package {
    /// `pool/main/h/htop/htop_3.2.2-2_amd64.deb`: an epoch is written as `%3a` in names, and is often left out.
    init?(_ file: BuildLock.File) {
        guard let sha256 = file.sha256, file.url.hasSuffix(".deb") || file.url.hasSuffix(".udeb"),
            let base = file.url.split(separator: "/").last
        else { return nil }
        let name = base.removingPercentEncoding ?? String(base)
        let parts = name[..<(name.lastIndex(of: ".") ?? name.endIndex)].split(separator: "_").map(String.init)
        guard parts.count == 3 else { return nil }
        self.init(name: parts[0], version: parts[1], architecture: parts[2], sha256: sha256, url: file.url)
    }
}
