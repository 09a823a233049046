package import Basics
package import Elements

/// The points at which `break=` stops a build for a shell (compat-core section 8.3).
///
/// A superset of upstream: `break_cmd` and `after-error` are honoured at every point and in every phase (wart 13.18).
package struct BreakPoints: Hashable, Sendable {
    private let names: Set<Substring>
    /// A shell command; bash if the user gave none.
    package let command: String
    package let staysOutsideTarget: Bool

    package init(environment: Environment) {
        names = Set((environment["break"] ?? "").split(separator: ","))
        command = environment.nonEmpty("break_cmd") ?? "bash"
        staysOutsideTarget = environment.nonEmpty("break_outside_target") != nil
    }

    package func stops(before phase: HookPhase) -> Bool { names.contains("before-\(phase.rawValue)") }
    package func stops(after phase: HookPhase) -> Bool { names.contains("after-\(phase.rawValue)") }
    package var stopsAfterError: Bool { names.contains("after-error") }
}
