/// Runs commands: the one seam between this package and other processes, and so between its code and its tests.
///
/// A command that ran and failed is an outcome, not an error; `check` and `output` below turn it into one. Errors are
/// thrown when a command could not be started, and `CancellationError` when the task was cancelled: then the command's
/// whole process group has been ended.
package protocol CommandRunner: Sendable {
    /// Runs a command and hands over each line of its standard output and error, in the order they were written.
    func run(_ command: Command, onLine: @escaping @Sendable (String) -> Void) async throws -> CommandOutcome

    /// Runs a command, keeps its standard output (at most `limit` bytes, more is an error), hands over the lines of
    /// its standard error.
    func capture(
        _ command: Command, limit: Int, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> CapturedOutput

    /// Runs a command on the caller's own standard streams and terminal, as a shell for a person needs it.
    func runOnTerminal(_ command: Command) async throws -> CommandOutcome
}

extension CommandRunner {
    /// Runs a command that has to succeed.
    package func check(_ command: Command, onLine: @escaping @Sendable (String) -> Void = { _ in }) async throws {
        let outcome = try await run(command, onLine: onLine)
        guard outcome.status.isSuccess else { throw CommandFailure(command, outcome) }
    }

    /// The standard output of a command that has to succeed, without its last line break.
    package func output(of command: Command, limit: Int = 16 << 20) async throws -> String {
        let captured = try await capture(command, limit: limit, onErrorLine: { _ in })
        guard captured.outcome.status.isSuccess else { throw CommandFailure(command, captured.outcome) }
        let text = captured.text
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
