/// Why a request or plan was refused, before any effect: one line, and what to do.
package struct PlanError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, where; for messages that upstream prints, word for word.
    package let message: String
    package let hint: String?

    package init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    package var description: String { message }
}
