package import SystemPackage

/// Why the system in an image could not be unpacked.
///
/// The text is `cannot <attempt>: <reason>`, with what to do about it behind a semicolon, one line.
package struct ImageExtractionError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The kernel refused a call.
        case system
        /// There is no operating system in the image, or it lies in something that is not read.
        case noSystem
        /// A program that this needs is missing, or did not do it.
        case tool
        /// A request that no program could honour.
        case invalidRequest
    }

    package let kind: Kind
    package let attempt: String
    package let reason: String
    package let hint: String?
    package let underlying: Errno?

    package init(_ kind: Kind, _ attempt: String, _ reason: String, hint: String? = nil, underlying: Errno? = nil) {
        self.kind = kind
        self.attempt = attempt
        self.reason = reason
        self.hint = hint
        self.underlying = underlying
    }

    package var description: String { "cannot \(attempt): \(reason)" + (hint.map { "; \($0)" } ?? "") }

    /// A compressed image of which its program gives nothing.
    static func unreadable(_ image: FilePath, by tool: String) -> ImageExtractionError {
        ImageExtractionError(
            .tool, "unpack '\(image)'", "'\(tool)' does not read it", hint: "is it whole, and \(tool) installed?")
    }

    static func system(_ attempt: String, _ code: Int32) -> ImageExtractionError {
        let error = Errno(rawValue: code)
        return ImageExtractionError(.system, attempt, error.description, underlying: error)
    }
}
