package import ArgumentParser
package import Basics

/// A command whose whole effect on its caller is an outcome: text, and an exit status.
package protocol OutcomeCommand: ParsableCommand {
    /// What the command prints, and how it exits.
    func outcome(environment: Environment) -> ToolOutcome
}

extension OutcomeCommand {
    package func run() throws { try outcome(environment: .ofThisProcess).report() }
}

extension ParsableCommand {
    /// The outcome of a whole command line; `usageStatus` is that of one that cannot be parsed.
    package static func outcome(
        arguments: [String], environment: Environment, usageStatus: Int32 = 1
    ) -> ToolOutcome {
        do {
            guard let command = try parseAsRoot(arguments) as? any OutcomeCommand else {
                throw CleanExit.helpRequest(self)
            }
            return command.outcome(environment: environment)
        } catch {
            let text = fullMessage(for: error) + "\n"
            return exitCode(for: error) == .success
                ? ToolOutcome(output: text) : ToolOutcome(diagnostics: text, status: usageStatus)
        }
    }
}
