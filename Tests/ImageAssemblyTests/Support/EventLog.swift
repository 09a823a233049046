import Elements
import ImageAssembly
import Synchronization

/// Keeps the events of a build as lines without times, so that they can be compared.
final class EventLog: BuildMonitor {
    private let received = Mutex<[BuildEvent]>([])

    func receive(_ event: BuildEvent) { received.withLock { $0.append(event) } }

    var lines: [String] { received.withLock { $0 }.map(Self.line) }

    /// What hooks printed, without the engine's words.
    var hookLines: [String] {
        received.withLock { $0 }.compactMap { event in
            if case .output(let line, .hook) = event { line } else { nil }
        }
    }

    private static func line(_ event: BuildEvent) -> String {
        switch event {
        case .buildStarted(let image, let steps, let count):
            "build started: \(image), \(steps.count) steps, \(count) hooks"
        case .stepStarted(let index, let title): "step \(index) started: \(title)"
        case .stepFinished(let index, let title, _): "step \(index) finished: \(title)"
        case .phaseStarted(let phase, let hooks): "phase \(phase.rawValue) started: \(hooks.map(\.description))"
        case .phaseFinished(let phase, let timings):
            "phase \(phase.rawValue) finished: \(timings.map(\.hook.description))"
        case .hookStarted(let hook): "hook started: \(hook)"
        case .hookFinished(let hook, _, let status): "hook finished: \(hook), status \(status)"
        case .hookReused(let hook): "hook reused: \(hook)"
        case .output(let line, .engine): "engine: \(line)"
        case .output(let line, .hook(let hook)): "\(hook): \(line)"
        case .output(let line, .tool(let name)): "\(name): \(line)"
        case .progress(let fraction): "progress \(fraction)"
        case .warning(let text): "warning: \(text)"
        case .artifact(let path, let format, let bytes): "artifact \(path), \(format), \(bytes) bytes"
        case .buildFinished: "build finished"
        case .buildFailed(let report): "build failed: \(report.summary)"
        }
    }
}
