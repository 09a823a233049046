package import SystemPackage

/// Why the bytes of a disk image could not be read or written.
///
/// The text is `cannot <attempt>: <reason>`; `underlying` is the kernel's answer when there was one.
package struct DiskFormatError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The kernel refused a call.
        case system
        /// The bytes contradict the format; an image from elsewhere may be hostile.
        case malformed
        /// Well formed, but something that this program does not do.
        case unsupported
        /// A request that no program could honour.
        case invalidRequest
        /// What is to be written is larger than what it is to be written into.
        case noSpace
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

    /// A refused system call on a file: `attempt` is the verb with its object, without the name.
    static func system(_ verb: String, _ path: FilePath, _ error: any Error) -> DiskFormatError {
        let errno = error as? Errno
        return DiskFormatError(.system, "\(verb) '\(path)'", errno?.description ?? "\(error)", underlying: errno)
    }
}
