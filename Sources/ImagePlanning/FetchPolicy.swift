package import Basics

/// Whether what a build fetches is noted in a lock, or taken from one.
package struct FetchPolicy: Hashable, Sendable, Codable {
    package enum Kind: Hashable, Sendable, Codable {
        /// Hooks reach the network as they like.
        case free
        /// `--lock FILE`: what they fetch is kept, and written to the file.
        case writes(String)
        /// `--locked FILE`: they get what the file says.
        case locked(String)
    }

    package var kind = Kind.free
    /// The store of what was fetched.
    package var directory: String

    package init(environment: Environment) {
        let home = environment.nonEmpty("XDG_CACHE_HOME") ?? (environment["HOME"] ?? "/root") + "/.cache"
        directory = environment.nonEmpty("INGOT_STORE") ?? home + "/ingot/downloads"
    }

    package var isFree: Bool { kind == .free }

    /// The file to read, if there is one.
    package var lockToRead: String? {
        if case .locked(let path) = kind { return path }
        return nil
    }

    /// Options that say where an image goes and how it is come by, with whether a value follows.
    static let options: [String: Bool] = [
        "--lock": true, "--locked": true, "--offline": false, "-o": true, "-t": true, "--cache": false,
        "--no-cache": false, "--refresh": false, "--cache-dir": true, "--no-tmpfs": false, "--min-tmpfs": true,
        "--plain": false, "--json": false, "--logfile": true, "--sbom": true, "--provenance": false,
    ]

    /// Arguments without those: an image that is to be the same each time must not tell of them.
    package static func withoutOptions(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var isValue = false
        for argument in arguments {
            if isValue {
                isValue = false
                continue
            }
            let name = String(argument.prefix { $0 != "=" })
            if let hasValue = options[name] {
                isValue = hasValue && !argument.contains("=")
            } else if !argument.hasPrefix("-o"), !argument.hasPrefix("-t") {
                result.append(argument)
            }
        }
        return result
    }
}
