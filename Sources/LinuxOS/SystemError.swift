package import SystemPackage

/// An act on the operating system failed: what was attempted on what, why, and what may help.
///
/// The one error type of this target besides `CommandFailure`. `attempt` completes "cannot …" and names the object in
/// single quotes; the reason is the kernel's, or a text where no system call failed.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let attempt: String
    package let code: Errno?
    package let reason: String
    package let hint: String?

    package init(_ attempt: String, _ code: Errno, hint: String? = nil) {
        self.attempt = attempt
        self.code = code
        self.reason = code.description
        self.hint = hint
    }

    package init(_ attempt: String, because reason: String, code: Errno? = nil, hint: String? = nil) {
        self.attempt = attempt
        self.code = code
        self.reason = reason
        self.hint = hint
    }

    package var description: String { "cannot \(attempt): \(reason)" }
}

/// The result of a C wrapper that gives -errno on failure.
@discardableResult
func check(_ result: Int32, _ attempt: @autoclosure () -> String) throws(SystemError) -> Int32 {
    guard result < 0 else { return result }
    throw SystemError(attempt(), Errno(rawValue: -result))
}
