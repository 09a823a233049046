import Basics
import Elements
import ImageAssembly

/// What the live view knows of a build.
///
/// Events go in, lines come out in `LiveState+Lines`; no output, no clock.
struct LiveState {
    struct Running {
        let title: String
        let start: Double
    }

    let logPath: String?
    let hasUnicode: Bool
    private(set) var steps: [String] = []
    private(set) var stepIndex = 0
    private(set) var step: Running?
    private(set) var start: Double
    private(set) var hooksOfPhase: [HookIdentity] = []
    private(set) var hook: (identity: HookIdentity, start: Double)?
    private(set) var lastLine = ""
    private(set) var progress: Double?
    private(set) var isOver = false
    /// Seconds of what succeeded, for the next build's estimate.
    private(set) var stepSeconds: [String: Double] = [:]
    private(set) var hookSeconds: [String: Double] = [:]

    init(logPath: String?, hasUnicode: Bool, start: Double) {
        self.logPath = logPath
        self.hasUnicode = hasUnicode
        self.start = start
    }

    /// Takes in one event; the result is what stays on the screen for good.
    mutating func apply(_ event: BuildEvent, at time: Double) -> [StyledLine] {
        switch event {
        case .buildStarted(let image, let steps, let hookCount):
            self.steps = steps
            start = time
            return startLines(image: image, hookCount: hookCount)
        case .stepStarted(let index, let title):
            stepIndex = index
            step = Running(title: title, start: time)
            (progress, lastLine, hooksOfPhase) = (nil, "", [])
        case .stepFinished(_, let title, let seconds):
            defer { (step, hooksOfPhase) = (nil, []) }
            stepSeconds[title] = seconds
            return finishedLine(title: title, hooks: hooksOfPhase.count, seconds: seconds).map { [$0] } ?? []
        case .phaseStarted(_, let hooks): hooksOfPhase = hooks
        case .phaseFinished: hook = nil
        case .hookStarted(let identity): hook = (identity, time)
        case .hookFinished(let identity, let seconds, let status):
            if status == 0 { hookSeconds[identity.description] = seconds }
            hook = nil
        case .hookReused: break
        case .output(let line, let source): note(line, source)
        case .progress(let fraction): progress = min(1, max(0, fraction))
        case .warning(let text): return [mark("!", "⚠", .caution) + StyledLine(TerminalText.plain(text))]
        case .artifact(let path, let format, let bytes):
            return [mark("+", "✓", .good) + StyledLine("\(path)  \(ByteCount(bytes))  \(format)", .bold)]
        case .buildFinished(let seconds):
            isOver = true
            return [mark("+", "✓", .good) + StyledLine("finished in \(DurationText.words(seconds))")]
        case .buildFailed(let report):
            isOver = true
            return failureLines(report)
        }
        return []
    }

    private mutating func note(_ line: String, _ source: OutputSource) {
        let text = TerminalText.plain(line)
        guard !text.allSatisfy(\.isWhitespace) else { return }
        if case .engine = source, hook != nil { return }
        lastLine = text
    }

    private func startLines(image: String, hookCount: Int) -> [StyledLine] {
        let what = hookCount == 1 ? "1 hook" : "\(hookCount) hooks"
        var lines = [StyledLine("Building ") + StyledLine(image, .bold) + StyledLine(": \(steps.count) steps, \(what)")]
        if let logPath { lines.append(StyledLine("Full log: \(logPath)", .dim)) }
        return lines
    }

    /// Steps that took no time and ran no hook are not worth a line.
    private func finishedLine(title: String, hooks: Int, seconds: Double) -> StyledLine? {
        guard hooks > 0 || seconds >= 0.5 else { return nil }
        let count = hooks == 0 ? "" : hooks == 1 ? "1 hook" : "\(hooks) hooks"
        let name = title + String(repeating: " ", count: max(1, 40 - TerminalText.width(title)))
        let time = DurationText.words(seconds)
        let padding = String(repeating: " ", count: max(0, 12 - time.count))
        return mark("+", "✓", .good) + StyledLine(name + padding + time)
            + StyledLine(count.isEmpty ? "" : "   \(count)", .dim)
    }

    private func failureLines(_ report: FailureReport) -> [StyledLine] {
        let lines = FailureText(report: report, logPath: logPath).lines.map(TerminalText.plain)
        return lines.enumerated().map { index, line in
            if index == 0 { return mark("x", "✗", .bad) + StyledLine(line, .bad) }
            if line.hasPrefix("hint: ") { return StyledLine(line, .bold) }
            return line.hasPrefix("    | ") ? StyledLine(line, .dim) : StyledLine(line)
        }
    }

    private func mark(_ ascii: String, _ unicode: String, _ style: StyledLine.Style) -> StyledLine {
        StyledLine(hasUnicode ? unicode : ascii, style) + " "
    }
}
