import Basics
import Elements
import ImageAssembly

/// One line of a log, and whose it is.
struct LogLine: Equatable {
    let text: String
    let source: OutputSource
}

/// The lines that each event adds to a log: one rule for the console and the log file.
///
/// The engine's own words come as output events, `dib-run-parts Running …` included, because scripts match on them;
/// what is added here is the profile table of a phase, the table of steps, and the report of a failure.
struct LogText {
    var logPath: String?
    private var steps: [(title: String, seconds: Double)] = []

    init(logPath: String? = nil) { self.logPath = logPath }

    mutating func lines(for event: BuildEvent) -> [LogLine] {
        switch event {
        case .output(let line, let source): return [LogLine(text: line, source: source)]
        case .warning(let text): return own([text.hasPrefix("WARNING: ") ? text : "WARNING: \(text)"])
        case .hookReused(let hook): return own(["Reused the layer of \(hook)"])
        case .phaseFinished(let phase, let timings):
            return own(ProfileTable(directoryName: phase.directoryName, timings: timings).lines)
        case .stepFinished(_, let title, let seconds): steps.append((title, seconds))
        case .buildFinished(let seconds): return own(stepTable(total: seconds) + ["Build completed successfully"])
        case .buildFailed(let report): return own(FailureText(report: report, logPath: logPath).lines)
        case .buildStarted, .stepStarted, .phaseStarted, .hookStarted, .hookFinished, .progress, .artifact: break
        }
        return []
    }

    private func own(_ texts: [String]) -> [LogLine] { texts.map { LogLine(text: $0, source: .engine) } }

    /// Steps in the order they ran; those of less than a tenth of a second are summed up in one row.
    private func stepTable(total: Double) -> [String] {
        guard !steps.isEmpty else { return [] }
        let long = steps.filter { $0.seconds >= 0.1 }
        let rest = steps.filter { $0.seconds < 0.1 }
        var rows = long.map { DurationText.column($0.seconds, width: 10) + "  " + $0.title }
        if !rest.isEmpty {
            let what = rest.count == 1 ? "1 short step" : "\(rest.count) short steps"
            rows.append(DurationText.column(rest.reduce(0) { $0 + $1.seconds }, width: 10) + "  " + what)
        }
        return ["Seconds per step:"] + rows + [DurationText.column(total, width: 10) + "  whole build"]
    }
}

extension OutputSource {
    /// Who to name for a line; nobody for the engine itself.
    var attribution: String? {
        switch self {
        case .engine: nil
        case .hook(let hook): hook.description
        case .tool(let name): name
        }
    }
}
