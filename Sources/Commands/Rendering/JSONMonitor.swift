import Basics
import ImageAssembly
import Synchronization

/// One JSON object per line for machines; the keys are a promise, written down in `docs/events.md`.
final class JSONMonitor: BuildMonitor {
    private let sink: any TextSink
    private let logPath: String?
    private let clock: RenderingClock
    /// Whole percents of the running step that were last told, so that a fast loop cannot flood the stream.
    private let percent = Mutex(-1)

    init(sink: any TextSink, logPath: String? = nil, clock: RenderingClock = .system) {
        self.sink = sink
        self.logPath = logPath
        self.clock = clock
    }

    func receive(_ event: BuildEvent) {
        percent.withLock { last in
            if case .progress(let fraction) = event {
                let now = Int((fraction * 100).rounded(.down))
                guard now != last else { return }
                last = now
            } else if case .stepStarted = event {
                last = -1
            }
            var members = event.jsonMembers
            if case .buildFailed = event, let logPath { members.append(("log", .string(logPath))) }
            let head: [(String, JSONLine)] = [
                ("time", .string(clock.now().rfc3339)), ("event", .string(event.jsonName)),
            ]
            sink.write(JSONLine.object(head + members).text + "\n")
        }
    }
}
