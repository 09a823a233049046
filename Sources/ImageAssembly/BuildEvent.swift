package import Elements

/// Who a hook is: shown to people as `element phase/name`.
package struct HookIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
    package let element: String
    package let phase: HookPhase
    package let name: String

    package init(element: String, phase: HookPhase, name: String) {
        self.element = element
        self.phase = phase
        self.name = name
    }

    package var description: String { "\(element) \(phase.rawValue)/\(name)" }
}

/// Whose words a line of output is.
package enum OutputSource: Hashable, Sendable {
    /// The engine itself: upstream's message lines, among them those that scripts match on.
    case engine
    case hook(HookIdentity)
    /// A tool that a step ran, by name (`mkfs.ext4`).
    case tool(String)
}

/// How a hook of a finished phase fared; the rows of the profile table.
package struct HookTiming: Hashable, Sendable, Codable {
    package let hook: HookIdentity
    package let seconds: Double

    package init(hook: HookIdentity, seconds: Double) {
        self.hook = hook
        self.seconds = seconds
    }
}

/// All that a build tells the world while it runs, in order.
///
/// The engine emits; only front ends print.
package enum BuildEvent: Sendable {
    /// `steps` are the titles of the whole sequence; hooks per phase are known from the plan.
    case buildStarted(image: String, steps: [String], hookCount: Int)
    /// A step of the build sequence; `index` counts from 1.
    case stepStarted(index: Int, title: String)
    case stepFinished(index: Int, title: String, seconds: Double)
    case phaseStarted(HookPhase, hooks: [HookIdentity])
    case phaseFinished(HookPhase, timings: [HookTiming])
    case hookStarted(HookIdentity)
    case hookFinished(HookIdentity, seconds: Double, status: Int32)
    /// The hook did not run: what it would have done is in a layer of an earlier build.
    case hookReused(HookIdentity)
    case output(line: String, source: OutputSource)
    /// Progress of the running step, 0…1.
    case progress(fraction: Double)
    case warning(String)
    case artifact(path: String, format: String, bytes: UInt64)
    case buildFinished(seconds: Double)
    case buildFailed(FailureReport)
}

/// What a failed build has to say for itself.
package struct FailureReport: Sendable, Equatable {
    /// One line: what failed, on what.
    package var summary: String
    package var hook: HookIdentity?
    /// Exit status of the failing hook or tool, or of the program as a whole.
    package var status: Int32
    /// The last lines the failing command printed.
    package var lastLines: [String]
    package var causes: [String]
    package var hint: String?

    package init(
        summary: String, hook: HookIdentity? = nil, status: Int32 = 1, lastLines: [String] = [], causes: [String] = [],
        hint: String? = nil
    ) {
        self.summary = summary
        self.hook = hook
        self.status = status
        self.lastLines = lastLines
        self.causes = causes
        self.hint = hint
    }
}

/// The listener of a build: terminal, log or JSON.
///
/// Called from the build's task; must not block for long.
package protocol BuildMonitor: Sendable {
    func receive(_ event: BuildEvent)
}
