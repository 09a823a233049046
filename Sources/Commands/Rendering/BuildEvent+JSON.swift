import Basics
import Elements
import ImageAssembly

extension BuildEvent {
    var jsonName: String {
        switch self {
        case .buildStarted: "build-started"
        case .stepStarted: "step-started"
        case .stepFinished: "step-finished"
        case .phaseStarted: "phase-started"
        case .phaseFinished: "phase-finished"
        case .hookStarted: "hook-started"
        case .hookFinished: "hook-finished"
        case .hookReused: "hook-reused"
        case .output: "output"
        case .progress: "progress"
        case .warning: "warning"
        case .artifact: "artifact"
        case .buildFinished: "build-finished"
        case .buildFailed: "build-failed"
        }
    }

    /// All members but time and name, in the order of `docs/events.md`.
    var jsonMembers: [(String, JSONLine)] {
        switch self {
        case .buildStarted(let image, let steps, let hookCount):
            [
                ("image", .string(image)), ("steps", .array(steps.map { .string($0) })),
                ("hooks", .integer(Int64(hookCount))),
            ]
        case .stepStarted(let index, let title): [("step", .integer(Int64(index))), ("title", .string(title))]
        case .stepFinished(let index, let title, let seconds):
            [("step", .integer(Int64(index))), ("title", .string(title)), ("seconds", .number(seconds))]
        case .phaseStarted(let phase, let hooks):
            [("phase", .string(phase.rawValue)), ("hooks", .array(hooks.map { .object($0.json) }))]
        case .phaseFinished(let phase, let timings):
            [("phase", .string(phase.rawValue)), ("hooks", .array(timings.map(\.json)))]
        case .hookStarted(let hook): hook.json
        case .hookFinished(let hook, let seconds, let status):
            hook.json + [("seconds", .number(seconds)), ("status", .integer(Int64(status)))]
        case .hookReused(let hook): hook.json
        case .output(let line, let source): source.json + [("line", .string(line))]
        case .progress(let fraction): [("fraction", .number(fraction))]
        case .warning(let text): [("message", .string(text))]
        case .artifact(let path, let format, let bytes):
            [("path", .string(path)), ("format", .string(format)), ("bytes", .integer(Int64(clamping: bytes)))]
        case .buildFinished(let seconds): [("seconds", .number(seconds))]
        case .buildFailed(let report): report.json
        }
    }
}

extension HookIdentity {
    fileprivate var json: [(String, JSONLine)] {
        [("element", .string(element)), ("phase", .string(phase.rawValue)), ("hook", .string(name))]
    }
}

extension HookTiming {
    fileprivate var json: JSONLine { .object(hook.json + [("seconds", .number(seconds))]) }
}

extension OutputSource {
    fileprivate var json: [(String, JSONLine)] {
        switch self {
        case .engine: [("source", .string("engine"))]
        case .hook(let hook): [("source", .string("hook"))] + hook.json
        case .tool(let name): [("source", .string("tool")), ("tool", .string(name))]
        }
    }
}

extension FailureReport {
    fileprivate var json: [(String, JSONLine)] {
        var members: [(String, JSONLine)] = [("summary", .string(summary)), ("status", .integer(Int64(status)))]
        if let hook { members += hook.json }
        members.append(("lines", .array(lastLines.map { .string($0) })))
        members.append(("causes", .array(causes.map { .string($0) })))
        if let hint { members.append(("hint", .string(hint))) }
        return members
    }
}
