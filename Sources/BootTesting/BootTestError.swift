/// Why an image could not even be put to the test; an image that does not boot is a `BootTestReport`, not an error.
package struct BootTestError: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// A program is not installed.
        case missingTool
        /// The request contradicts the image: no kernel for a bare file system, a configuration that cannot be edited.
        case unsuitableImage
        /// The kernel or the user may not do what the test needs.
        case missingAbility
        /// Flash images that are not what their descriptor says.
        case unsuitableFirmware
        /// A tool ran and did not do what it said.
        case toolFailed
    }

    package let kind: Kind
    package let attempt: String
    package let reason: String
    /// What to do about it.
    package let hint: String?

    package init(_ kind: Kind, _ attempt: String, _ reason: String, hint: String? = nil) {
        self.kind = kind
        self.attempt = attempt
        self.reason = reason
        self.hint = hint
    }

    package var description: String {
        "cannot \(attempt): \(reason)" + (hint.map { "\nhint: \($0)" } ?? "")
    }
}
