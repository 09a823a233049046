package import SystemPackage

/// Why an image could not be looked into.
///
/// The text is `cannot <attempt>: <reason>`, one line.
package struct ImageInspectionError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The kernel refused a call.
        case system
        /// The bytes contradict the format; an image from elsewhere may be hostile.
        case malformed
        /// Well formed, but something that this program does not read.
        case unsupported
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
}
