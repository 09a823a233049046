import ArgumentParser
import Basics
import Elements
import Foundation
import ImagePlanning

/// What a small command has to say, as a value: what goes to stdout, what to stderr, and the exit status.
///
/// So the whole behaviour of a command can be tested without a process of its own.
package struct ToolOutcome: Equatable, Sendable {
    package var output: String
    package var diagnostics: String
    package var status: Int32

    package init(output: String = "", diagnostics: String = "", status: Int32 = 0) {
        self.output = output
        self.diagnostics = diagnostics
        self.status = status
    }

    /// The result of `body`, with its warnings; or what it failed with, and status 1.
    static func of(_ body: () throws -> (output: String, warnings: [String])) -> ToolOutcome {
        do {
            let (output, warnings) = try body()
            return ToolOutcome(output: output, diagnostics: warnings.map { "warning: \($0)\n" }.joined())
        } catch {
            let hint = ((error as? ElementError)?.hint ?? (error as? PlanError)?.hint).map { "hint: \($0)\n" } ?? ""
            return ToolOutcome(diagnostics: "error: \(error)\n" + hint, status: 1)
        }
    }

    /// Writes both texts; throws the status for ArgumentParser to exit with, unless it is 0.
    func report() throws {
        FileHandle.standardError.write(Data(diagnostics.utf8))
        try FileHandle.standardOutput.write(contentsOf: Data(output.utf8))
        if status != 0 { throw ExitCode(status) }
    }
}

extension Environment {
    /// The environment of this process, for the commands that hooks call.
    static var ofThisProcess: Environment { Environment(ProcessInfo.processInfo.environment) }
}
