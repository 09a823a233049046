import Basics
import Elements
import ImageAssembly
import ImagePlanning
import LinuxOS

/// What a failed command says, and its exit status: one line of what and where, the causes, what to do.
struct ErrorReport {
    let failure: FailureReport
    var status: Int32 { failure.status }

    init(_ error: any Error) {
        switch error {
        case let error as PlanError: failure = FailureReport(summary: error.message, hint: error.hint)
        case let error as AssemblyError:
            failure = FailureReport(
                summary: error.message, hook: error.hook, status: error.exitStatus, lastLines: error.lastLines,
                hint: error.hint)
        case let error as ElementError: failure = FailureReport(summary: error.description, hint: error.hint)
        case let error as SystemError: failure = FailureReport(summary: error.description, hint: error.hint)
        case let error as CommandFailure:
            failure = FailureReport(
                summary: "command failed (\(error.status)): \(error.commandLine)", status: error.status.shellStatus,
                lastLines: error.lastLines)
        default: failure = FailureReport(summary: "\(error)")
        }
    }

    init(interruptedBy signal: Int32) {
        let name = ["SIGHUP", "SIGINT", "SIGTERM"][[1: 0, 2: 1, 15: 2][signal] ?? 2]
        failure = FailureReport(summary: "interrupted by \(name)", status: 128 + signal)
    }

    /// For errors before a build has begun: on standard error.
    func print() {
        printError("error: \(failure.summary)")
        failure.causes.forEach { printError("caused by: \($0)") }
        if let hint = failure.hint { printError("hint: \(hint)") }
    }
}
