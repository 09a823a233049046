import ImageAssembly

/// Masks secrets once, before any front end sees an event: no renderer can forget it.
struct MaskingMonitor: BuildMonitor {
    let mask: SecretMask
    let next: any BuildMonitor

    func receive(_ event: BuildEvent) { next.receive(mask.applied(to: event)) }
}

extension SecretMask {
    /// The event with secrets replaced in every text that a hook or a tool may have shaped.
    func applied(to event: BuildEvent) -> BuildEvent {
        switch event {
        case .output(let line, let source): .output(line: applied(to: line), source: source)
        case .warning(let text): .warning(applied(to: text))
        case .buildFailed(let report): .buildFailed(applied(to: report))
        case .buildStarted, .stepStarted, .stepFinished, .phaseStarted, .phaseFinished, .hookStarted, .hookFinished,
            .hookReused, .progress, .artifact, .buildFinished:
            event
        }
    }

    func applied(to report: FailureReport) -> FailureReport {
        FailureReport(
            summary: applied(to: report.summary), hook: report.hook, status: report.status,
            lastLines: report.lastLines.map { applied(to: $0) }, causes: report.causes.map { applied(to: $0) },
            hint: report.hint.map { applied(to: $0) })
    }
}

/// Several listeners of one build, told in order.
struct MonitorGroup: BuildMonitor {
    let members: [any BuildMonitor]

    func receive(_ event: BuildEvent) {
        for member in members { member.receive(event) }
    }
}
