import Basics
import Elements
import ImagePlanning
import LinuxOS
import SystemPackage

/// Runs the hooks of one phase, one by one, in the place of that phase and with the contract's environment.
///
/// Does what `dib-run-parts` does (compat-core section 4), but hook by hook, so that each has its time, its output and
/// its failure to its own name. The environment is sourced once per phase, in that place, by bash.
struct PhaseRunner {
    let phase: HookPhase
    let workspace: BuildWorkspace
    let origins: HookOrigins
    let environment: HookEnvironment
    let suppressesSync: Bool
    let runner: any CommandRunner
    let monitor: any BuildMonitor

    /// Where hooks see the staged tree: the same directory, bound into the target for target phases.
    private var hooksPath: FilePath { phase.place == .host ? workspace.hooksPath : Self.targetHooksPath }

    /// The bind mount of the staged tree inside the target (contract 0.6).
    static let targetHooksPath: FilePath = "/tmp/in_target.d"

    /// Runs all hooks of the phase; a phase without a directory has none.
    @discardableResult
    func run() async throws -> [HookTiming] {
        guard let hooks = try hooks() else { return [] }
        let variables = try await sourcedEnvironment()
        var timings: [HookTiming] = []
        for hook in hooks {
            try Task.checkCancellation()
            timings.append(try await run(hook, variables))
        }
        monitor.receive(.phaseFinished(phase, timings: timings))
        return timings
    }

    /// The hooks to run, in order, and announced; nothing for a phase without a directory.
    func hooks() throws -> [Hook]? {
        guard let listing = try HookListing.read(phase, stagedAt: workspace.hooksPath) else { return nil }
        let rule = try HookFileNameRule(pattern: environment.common["RUN_PARTS_REGEX"])
        if phase.place == .host { say("Running hooks from \(hooksPath.appending(phase.directoryName))") }
        let hooks = listing.hooks(matching: rule, origins: origins)
        monitor.receive(.phaseStarted(phase, hooks: hooks.map(identity)))
        return hooks
    }

    /// The environment of the phase after `environment.d`, as bash in that place exports it.
    func sourcedEnvironment() async throws -> Environment {
        let base = environment.variables(for: phase)
        let scripts = try EnvironmentScripts.read(stagedAt: workspace.hooksPath).compactMap(\.lastComponent)
        guard !scripts.isEmpty else { return base }
        let directory = hooksPath.appending(EnvironmentScripts.directoryName)
        let paths = scripts.map { directory.appending($0).string }
        let command = launched(
            Command("bash", ["-c", EnvironmentScript.text, "dib-run-parts"] + paths, environment: base))
        let captured = try await runner.capture(command, limit: 4 << 20) { [monitor] line in
            monitor.receive(.output(line: line, source: .engine))
        }
        guard captured.outcome.status.isSuccess else {
            throw AssemblyError(
                .environmentFailed(phase, status: captured.outcome.status.shellStatus),
                "environment.d failed before the \(phase.rawValue) hooks (\(captured.outcome.status))",
                lastLines: captured.outcome.lastLines,
                hint: "the last file named 'Sourcing environment file' above is the one that failed")
        }
        // Upstream takes this for a success of the whole phase, none of whose hooks has run.
        guard !captured.standardOutput.isEmpty else {
            throw AssemblyError(
                .environmentFailed(phase, status: 1),
                "environment.d left with 'exit 0' before the \(phase.rawValue) hooks",
                lastLines: captured.outcome.lastLines,
                hint: "'return' ends one file; the last one named 'Sourcing environment file' above has 'exit'")
        }
        var sourced = Environment(nullSeparated: captured.standardOutput)
        sourced["_"] = nil
        return sourced
    }

    /// Runs one hook; its failure is an error.
    func run(_ hook: Hook, _ variables: Environment) async throws -> HookTiming {
        let identity = identity(hook)
        let path = hooksPath.appending(phase.directoryName).appending(hook.fileName)
        say("dib-run-parts Running \(path)")
        monitor.receive(.hookStarted(identity))
        let start = ContinuousClock.now
        let command = launched(Command(path.string, environment: variables, standardInput: .inherited))
        let claim = phase == .blockDevice ? DeviceClaim() : nil
        let outcome = try await runner.run(command) { [monitor] line in
            claim?.note(line)
            monitor.receive(.output(line: line, source: .hook(identity)))
        }
        let seconds = start.secondsUntilNow
        monitor.receive(.hookFinished(identity, seconds: seconds, status: outcome.status.shellStatus))
        guard outcome.status.isSuccess else {
            throw AssemblyError(
                .hookFailed(identity, status: outcome.status.shellStatus),
                "hook '\(phase.directoryName)/\(hook.fileName)' of element '\(hook.element)' failed (\(outcome.status))",
                lastLines: outcome.lastLines)
        }
        if let line = claim?.claimingLine {
            throw AssemblyError(
                .invalidState,
                "hook '\(phase.directoryName)/\(hook.fileName)' of element '\(hook.element)' brings a disk of its own",
                lastLines: [line], hint: "this version makes the disk itself: describe it by DIB_BLOCK_DEVICE_CONFIG")
        }
        say("dib-run-parts \(hook.fileName) completed")
        return HookTiming(hook: identity, seconds: seconds)
    }

    /// The command, started in the place of this phase: the caller's directory, or `/` of the target.
    func launched(_ command: Command) -> Command {
        HookLauncher(root: phase.place == .target ? workspace.mountPath : nil, suppressesSync: suppressesSync)
            .command(command)
    }

    func identity(_ hook: Hook) -> HookIdentity {
        HookIdentity(element: hook.element.text, phase: phase, name: hook.fileName)
    }

    private func say(_ line: String) { monitor.receive(.output(line: line, source: .engine)) }
}
