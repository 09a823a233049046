import Basics
import ImageAssembly
import Synchronization
import SystemPackage

/// How several builds at once are seen: live rows on a terminal, lines that begin with the image's name in a log, events
/// with the image's name in JSON.
final class ImageSetDisplay: Sendable {
    private struct State {
        var area = LiveArea()
        /// Of the images being built, by their place in the list.
        var running: [Int: LiveState] = [:]
        var failures: [Int: FailureReport] = [:]
        var seconds: [Int: Double] = [:]
        var starts: [Int: Double] = [:]
        var isClosed = false
    }

    private let names: [String]
    private let style: BuildDisplay.Style
    private let environment: Environment
    private let output: any TextSink
    private let terminal: Terminal?
    private let clock = RenderingClock.system
    private let logs: [any BuildMonitor]
    private let state = Mutex(State())

    init(names: [String], style: BuildDisplay.Style, environment: Environment, output: any TextSink) {
        self.names = names
        self.style = style
        self.environment = environment
        self.output = output
        terminal = style == .automatic ? Terminal(environment: environment) : nil
        let stamps = LogSettings(environment: environment, hasLogfile: false).stampsConsole
        logs = names.map { LogMonitor(console: NamedSink(name: $0, next: output), stampsConsole: stamps) }
    }

    /// Options of the image's own build: on a terminal, its whole output goes to a file.
    func begin(_ index: Int) throws -> [String] {
        state.withLock { $0.starts[index] = clock.uptime() }
        guard let terminal else { return [] }
        let directory = (CacheDirectory.path(environment) ?? FilePath("/tmp/ingot")).appending("logs")
        let log = try BuildLogs(directory: directory)
            .newLog(image: names[index], at: clock.now(), salt: .random(in: 0 ... .max))
        let fresh = LiveState(logPath: log.string, hasUnicode: terminal.hasUnicode, start: clock.uptime())
        state.withLock { $0.running[index] = fresh }
        return ["--logfile", log.string]
    }

    /// A line that an image's build has written.
    func receive(_ line: String, of index: Int) {
        let event = BuildEvent(json: line)
        if case .buildFailed(let report) = event { state.withLock { $0.failures[index] = report } }
        if style == .json {
            guard event != nil else { return printError("\(names[index]): \(line)") }
            return output.write("{\"build\":\(JSONLine.string(names[index]).text)," + line.dropFirst() + "\n")
        }
        let told = event ?? .output(line: line, source: .engine)
        guard terminal != nil else { return logs[index].receive(told) }
        state.withLock { state in
            let lines = state.running[index]?.apply(told, at: clock.uptime()) ?? []
            draw(&state, finished: Self.stays(told) ? lines.map { named(index, $0) } : [])
        }
    }

    /// Steps come and go in the live rows; what stays is what an image has to show for itself in the end.
    private static func stays(_ event: BuildEvent) -> Bool {
        switch event {
        case .warning, .artifact, .buildFinished, .buildFailed: true
        default: false
        }
    }

    func end(_ index: Int, status: Int32) {
        state.withLock { state in
            state.seconds[index] = clock.uptime() - (state.starts[index] ?? 0)
            state.running[index] = nil
            if terminal != nil { draw(&state, finished: []) }
        }
    }

    /// Keeps clocks running until the task is cancelled.
    func animate() async {
        while terminal != nil, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(250))
            state.withLock { draw(&$0, finished: []) }
        }
    }

    /// What has become of each image; statuses in the order of the list.
    func finish(_ statuses: [Int32?]) {
        let rows = state.withLock { state in
            if terminal != nil { draw(&state, finished: []) }
            state.isClosed = true
            return statuses.enumerated().map { index, status in
                let time = state.seconds[index].map { DurationText.words($0) } ?? ""
                switch status {
                case 0: return "\(names[index].padding(to: width))built in \(time)"
                case let status?:
                    let summary = state.failures[index]?.summary ?? "status \(status)"
                    return "\(names[index].padding(to: width))FAILED after \(time): \(summary)"
                case nil: return "\(names[index].padding(to: width))not begun"
                }
            }
        }
        guard style != .json, !rows.isEmpty else { return }
        let count = statuses.filter { $0 == 0 }.count
        let text = (["\(count) of \(names.count) images built"] + rows.map { "  " + $0 }).map { $0 + "\n" }.joined()
        output.write(text)
    }

    private var width: Int { (names.map(\.count).max() ?? 0) + 2 }

    private func named(_ index: Int, _ line: StyledLine) -> StyledLine {
        StyledLine(names[index].padding(to: width), .bold) + line
    }

    private func draw(_ state: inout State, finished: [StyledLine]) {
        guard let terminal, !state.isClosed else { return }
        let size = terminal.size()
        // One row for each image, or up to four where there are few of them.
        let rows = state.running.count * 4 + 2 <= size.rows ? size.rows : 1
        let room = TerminalSize(columns: max(30, size.columns - width), rows: rows)
        let estimate = TimeEstimate(history: .empty, key: "")
        let live = state.running.sorted { $0.key < $1.key }.flatMap { index, model in
            model.liveLines(at: clock.uptime(), size: room, estimate: estimate).enumerated().map { row, line in
                row == 0 ? named(index, line) : StyledLine(String(repeating: " ", count: width)) + line
            }
        }
        let text = state.area.frame(finished: finished, live: live, terminal: terminal)
        if !text.isEmpty { output.write(text) }
    }
}

/// Puts the image's name before every line.
private struct NamedSink: TextSink {
    let name: String
    let next: any TextSink

    func write(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        next.write(lines.map { "\(name) | \($0)\n" }.joined())
    }
}
