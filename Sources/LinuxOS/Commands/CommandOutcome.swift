/// How a process ended.
package enum CommandStatus: Hashable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case signaled(Int32)

    package var isSuccess: Bool { self == .exited(0) }

    /// The status as a shell gives it: the exit status, or 128 and the signal's number.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }

    package var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .signaled(let signal): "killed by signal \(signal)"
        }
    }
}

/// What is left of a command that has ended: its status, and its last words for an error report.
package struct CommandOutcome: Hashable, Sendable {
    package var status: CommandStatus
    /// The last 20 lines of what it printed (of its standard error, if the standard output was captured).
    package var lastLines: [String]

    package init(status: CommandStatus, lastLines: [String] = []) {
        self.status = status
        self.lastLines = lastLines
    }
}

/// A command's outcome with everything it wrote on its standard output.
package struct CapturedOutput: Hashable, Sendable {
    package var outcome: CommandOutcome
    package var standardOutput: [UInt8]

    package init(outcome: CommandOutcome, standardOutput: [UInt8]) {
        self.outcome = outcome
        self.standardOutput = standardOutput
    }

    package var text: String { String(decoding: standardOutput, as: UTF8.self) }
}

/// A command ended with another status than success.
package struct CommandFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The command as a line for a shell.
    package let commandLine: String
    package let status: CommandStatus
    package let lastLines: [String]

    package init(_ command: Command, _ outcome: CommandOutcome) {
        commandLine = command.description
        status = outcome.status
        lastLines = outcome.lastLines
    }

    package var description: String {
        (["command failed (\(status)): \(commandLine)"] + lastLines.map { "    " + $0 }).joined(separator: "\n")
    }
}
