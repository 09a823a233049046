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

    /// The options of locks, taken out of what hooks see of a command line: an image must not tell whether it was
    /// built to make a lock or from one.
    static let options: Set<String> = ["--lock", "--locked", "--offline"]

    /// Arguments without those options and their values.
    package static func withoutOptions(_ arguments: [String]) -> [String] {
        var result: [String] = []
        var isValue = false
        for argument in arguments {
            if isValue {
                isValue = false
                continue
            }
            let name = String(argument.prefix { $0 != "=" })
            guard options.contains(name) else {
                result.append(argument)
                continue
            }
            isValue = name != "--offline" && !argument.contains("=")
        }
        return result
    }
}
