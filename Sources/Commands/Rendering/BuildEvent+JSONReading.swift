import Elements
import Foundation
import ImageAssembly

extension BuildEvent {
    /// Reads a line that `JSONMonitor` has written; nothing if it is none, or of another version's event.
    init?(json line: String) {
        guard line.hasPrefix("{"), let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)),
            let members = object as? [String: Any], let name = members["event"] as? String
        else { return nil }
        self.init(name: name, JSONMembers(members))
    }

    private init?(name: String, _ members: JSONMembers) {
        switch name {
        case "build-started":
            self = .buildStarted(
                image: members.text("image"), steps: members.texts("steps"), hookCount: members.number("hooks"))
        case "step-started": self = .stepStarted(index: members.number("step"), title: members.text("title"))
        case "step-finished":
            self = .stepFinished(
                index: members.number("step"), title: members.text("title"), seconds: members.seconds)
        case "phase-started", "phase-finished":
            guard let phase = HookPhase(rawValue: members.text("phase")) else { return nil }
            let rows = members.objects("hooks")
            self =
                name == "phase-started"
                ? .phaseStarted(phase, hooks: rows.compactMap(\.hook))
                : .phaseFinished(
                    phase,
                    timings: rows.compactMap { row in row.hook.map { HookTiming(hook: $0, seconds: row.seconds) } })
        case "output":
            let source: OutputSource? =
                switch members.text("source") {
                case "hook": members.hook.map { .hook($0) }
                case "tool": .tool(members.text("tool"))
                default: .engine
                }
            guard let source else { return nil }
            self = .output(line: members.text("line"), source: source)
        case "progress": self = .progress(fraction: members.double("fraction"))
        case "warning": self = .warning(members.text("message"))
        case "artifact":
            self = .artifact(
                path: members.text("path"), format: members.text("format"), bytes: UInt64(members.number("bytes")))
        case "build-finished": self = .buildFinished(seconds: members.seconds)
        case "build-failed":
            self = .buildFailed(
                FailureReport(
                    summary: members.text("summary"), hook: members.hook, status: Int32(members.number("status")),
                    lastLines: members.texts("lines"), causes: members.texts("causes"),
                    hint: members.optionalText("hint")))
        default:
            guard let hook = members.hook else { return nil }
            self.init(name: name, hook, members)
        }
    }

    private init?(name: String, _ hook: HookIdentity, _ members: JSONMembers) {
        switch name {
        case "hook-started": self = .hookStarted(hook)
        case "hook-finished":
            self = .hookFinished(hook, seconds: members.seconds, status: Int32(members.number("status")))
        case "hook-reused": self = .hookReused(hook)
        default: return nil
        }
    }
}

/// Members of an object by type; what is missing is empty, for an event is shown and not acted upon.
private struct JSONMembers {
    let values: [String: Any]

    init(_ values: [String: Any]) { self.values = values }

    func text(_ name: String) -> String { optionalText(name) ?? "" }
    func optionalText(_ name: String) -> String? { values[name] as? String }
    func texts(_ name: String) -> [String] { values[name] as? [String] ?? [] }
    func number(_ name: String) -> Int { (values[name] as? NSNumber)?.intValue ?? 0 }
    func double(_ name: String) -> Double { (values[name] as? NSNumber)?.doubleValue ?? 0 }
    func objects(_ name: String) -> [JSONMembers] {
        (values[name] as? [[String: Any]] ?? []).map { JSONMembers($0) }
    }

    var seconds: Double { double("seconds") }

    var hook: HookIdentity? {
        guard let phase = HookPhase(rawValue: text("phase")), let element = optionalText("element"),
            let name = optionalText("hook")
        else { return nil }
        return HookIdentity(element: element, phase: phase, name: name)
    }
}
