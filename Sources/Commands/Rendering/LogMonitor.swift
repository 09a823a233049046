import Basics
import ImageAssembly
import Synchronization

/// Plain lines for logs, in the form of upstream's log filter (compat-core section 8.1).
///
/// Whose output a line is, is shown so that no script breaks that matches upstream's lines:
/// - on the console, lines stay as they were printed, and a line `[element phase/hook]` stands where the source of the
///   output changes; the reader sees blocks, and `grep '| dib-run-parts '` still works;
/// - in the log file, each line of a hook begins with `element phase/hook: `, so that `grep` alone tells who said it;
///   the engine's own lines, those that scripts look for, have no such prefix.
final class LogMonitor: BuildMonitor {
    private struct State {
        var text: LogText
        var consoleSource = OutputSource.engine
    }

    private let console: (any TextSink)?
    private let logfile: (any TextSink)?
    private let stampsConsole: Bool
    private let clock: RenderingClock
    private let state: Mutex<State>

    init(
        console: (any TextSink)?, logfile: (any TextSink)? = nil, logPath: String? = nil, stampsConsole: Bool = true,
        clock: RenderingClock = .system
    ) {
        self.console = console
        self.logfile = logfile
        self.stampsConsole = stampsConsole
        self.clock = clock
        state = Mutex(State(text: LogText(logPath: logPath)))
    }

    func receive(_ event: BuildEvent) {
        state.withLock { state in
            let lines = state.text.lines(for: event)
            guard !lines.isEmpty else { return }
            let stamp = clock.now().logText + " | "
            if let console {
                let texts = lines.flatMap { Self.attributed($0, after: &state.consoleSource) }
                write(texts, prefix: stampsConsole ? stamp : "", to: console)
            }
            if let logfile { write(lines.map(Self.prefixed), prefix: stamp, to: logfile) }
        }
    }

    private func write(_ texts: [String], prefix: String, to sink: any TextSink) {
        sink.write(texts.map { prefix + $0 + "\n" }.joined())
    }

    private static func attributed(_ line: LogLine, after last: inout OutputSource) -> [String] {
        defer { last = line.source }
        guard line.source != last, let name = line.source.attribution else { return [line.text] }
        return ["[\(name)]", line.text]
    }

    private static func prefixed(_ line: LogLine) -> String {
        line.source.attribution.map { "\($0): \(line.text)" } ?? line.text
    }
}
