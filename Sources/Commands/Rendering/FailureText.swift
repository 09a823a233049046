import Elements
import ImageAssembly

/// A failed build for people: what failed, its last words, why, and what to do about it.
struct FailureText {
    let report: FailureReport
    /// The file that holds the whole output, if there is one.
    var logPath: String?
    /// Lines of output shown: enough to hold a stack trace's end, few enough to leave the summary on a 24-line screen.
    static let shownLines = 20

    var lines: [String] {
        var lines = ["error: \(report.summary)"]
        if let hook = report.hook {
            lines.append("  hook:   \(hook.phase.directoryName)/\(hook.name) of element '\(hook.element)'")
        }
        if report.hook != nil || report.status != 1 { lines.append("  status: \(Self.text(status: report.status))") }
        let shown = report.lastLines.suffix(Self.shownLines)
        if !shown.isEmpty {
            lines.append(shown.count == 1 ? "  its last line of output:" : "  its last \(shown.count) lines of output:")
            lines += shown.map { "    | \($0)" }
        }
        lines += report.causes.map { "caused by: \($0)" }
        if let hint = report.hint { lines.append("hint: \(hint)") }
        if let logPath { lines.append("full log: \(logPath)") }
        return lines
    }

    /// The number, and what a shell means by it where it means something.
    static func text(status: Int32) -> String {
        switch status {
        case 126: "126 (found, but could not be executed)"
        case 127: "127 (a command was not found)"
        case 130: "130 (interrupted)"
        case 137: "137 (killed by SIGKILL; if nobody did, the kernel ran out of memory)"
        case 143: "143 (terminated by SIGTERM)"
        case 129...192: "\(status) (ended by signal \(status - 128))"
        default: "\(status)"
        }
    }
}
