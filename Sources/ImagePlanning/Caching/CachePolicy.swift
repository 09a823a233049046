package import Basics

/// Whether and how a build reuses layers of earlier builds (decision 13).
package struct CachePolicy: Hashable, Sendable, Codable {
    package var isOn: Bool
    /// `--refresh`: nothing is reused, but what is built is kept.
    package var refreshes = false
    /// Whether a finished image may be taken whole; `--new-image` makes its disk anew, with identifiers of its own.
    package var reusesImages = true
    /// Whether inputs are asked for; if not, any layer that was right once will do, as with `--offline`.
    package var asks = true
    /// How long a layer with undeclared inputs may be reused, in seconds; not at all by default.
    package var timeToLive: UInt64 = 0
    /// Seconds since 1970: layers with undeclared inputs that are younger may be reused, as the builds of one command do.
    package var since: Double?
    package var directory: String
    /// What all layers together may take before the least recently used ones go.
    package var budget = ByteCount.gibibytes(20)
    /// Layers to be reused whatever their age: those of the build that is resumed.
    package var resumed: Set<String> = []

    /// The front end decides the default: upstream's commands have never kept layers, `ingot build` does.
    package init(environment: Environment, isOnByDefault: Bool) {
        isOn = environment.nonEmpty("INGOT_CACHE").map { $0 != "0" } ?? isOnByDefault
        let home = environment.nonEmpty("XDG_CACHE_HOME") ?? (environment["HOME"] ?? "/root") + "/.cache"
        directory = environment.nonEmpty("INGOT_CACHE_DIR") ?? home + "/ingot/layers"
        since = environment.nonEmpty("INGOT_CACHE_SINCE").flatMap { Double($0) }
        if let text = environment.nonEmpty("INGOT_CACHE_TTL") { timeToLive = Self.seconds(text) ?? 0 }
        if let text = environment.nonEmpty("INGOT_CACHE_SIZE"), let size = try? ByteCount(parsing: text) {
            budget = size
        }
    }

    /// A number of seconds, or with a unit: `90`, `15m`, `12h`, `7d`.
    package static func seconds(_ text: String) -> UInt64? {
        let units: [Character: UInt64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        guard let number = UInt64(unit == nil ? Substring(text) : text.dropLast()) else { return nil }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflows ? nil : product
    }
}
