package import SystemPackage

/// Why a tree could not be written in a format of its own.
///
/// The text is `cannot <attempt>: <reason>`; `underlying` is the kernel's answer when there was one.
package struct TreeFormatError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The kernel refused a call.
        case system
        /// A library that is needed is not on this host, or refused.
        case library
        /// Something in the tree that the format cannot hold.
        case unsupported
        /// A request that no program could honour.
        case invalidRequest
    }

    package let kind: Kind
    package let attempt: String
    package let reason: String
    package let underlying: Errno?

    package init(_ kind: Kind, _ attempt: String, _ reason: String, underlying: Errno? = nil) {
        self.kind = kind
        self.attempt = attempt
        self.reason = reason
        self.underlying = underlying
    }

    package var description: String { "cannot \(attempt): \(reason)" }

    /// A refused system call: `attempt` is the verb, the object follows in quotes.
    static func system(_ verb: String, _ path: FilePath, _ error: any Error) -> TreeFormatError {
        let errno = error as? Errno
        return TreeFormatError(.system, "\(verb) '\(path)'", errno?.description ?? "\(error)", underlying: errno)
    }
}
