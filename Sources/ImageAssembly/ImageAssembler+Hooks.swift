import Basics
import BlockDevices
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Merges the hooks of all elements into one tree.
    func stageHooks() async throws {
        let monitor = monitor
        let stager = HookStager(plan: plan.staging, destination: workspace.hooksPath, runner: runner) {
            monitor.receive(.output(line: $0, source: .engine))
        }
        try await stager.run()
    }

    /// Runs one phase, with the break points around it.
    func runHooks(of phase: HookPhase) async throws {
        if layers != nil, phase.isLayered { return try await runLayered(phase) }
        let phaseRunner = self.phaseRunner(for: phase)
        let breaks = BreakPoints(environment: plan.request.environment)
        try await withBoundHooks(phase) {
            if breaks.stops(before: phase) { try await debugShell("before-\(phase.rawValue)", phase, breaks) }
            do {
                let timings = try await phaseRunner.run()
                layers?.laterTimings += timings
            } catch {
                if breaks.stopsAfterError, !(error is CancellationError) {
                    try await debugShell("after-error", phase, breaks)
                }
                throw error
            }
            if breaks.stops(after: phase) { try await debugShell("after-\(phase.rawValue)", phase, breaks) }
        }
    }

    /// `-p`: installs packages as the hooks of the install phase would, with that phase's environment (wart 13.17, mended).
    func install(_ packages: [String]) async throws {
        if layers != nil { return try await installLayered(packages) }
        try await runInstallation(of: packages)
    }

    func runInstallation(of packages: [String]) async throws {
        try await withBoundHooks(.install) {
            let phaseRunner = self.phaseRunner(for: .install)
            let variables = try await phaseRunner.sourcedEnvironment()
            let command = phaseRunner.launched(Command("install-packages", packages, environment: variables))
            let monitor = monitor
            let outcome = try await runner.run(command) {
                monitor.receive(.output(line: $0, source: .tool("install-packages")))
            }
            guard outcome.status.isSuccess else {
                throw AssemblyError(
                    .toolFailed("install-packages", status: outcome.status.shellStatus),
                    "cannot install \(packages.joined(separator: ", ")) (\(outcome.status))",
                    lastLines: outcome.lastLines,
                    hint: outcome.status.shellStatus == 127 ? "the image has no 'install-packages' command" : nil)
            }
        }
    }

    func checkRoot() throws {
        let roots = layers.map { $0.tree.isOpen ? [workspace.mountPath] : $0.tree.trees } ?? [workspace.mountPath]
        guard try roots.contains(where: RootCheck.isDeployed) else {
            throw AssemblyError(.invalidState, "Failed to deploy the root element.")
        }
    }

    func phaseRunner(for phase: HookPhase) -> PhaseRunner {
        PhaseRunner(
            phase: phase, workspace: workspace, origins: plan.staging.origins, environment: environment,
            suppressesSync: plan.request.fastSync, runner: runner, monitor: monitor)
    }

    /// Shows the staged tree read-only inside the target while hooks of a target phase run.
    func withBoundHooks(_ phase: HookPhase, _ body: () async throws -> Void) async throws {
        guard phase.place == .target else { return try await body() }
        let runParts = workspace.hooksPath.appending("dib-run-parts")
        if !FileManager.default.fileExists(atPath: runParts.string) {
            try FileManager.default.copyItem(
                atPath: resources.library.appending("dib-run-parts").string, toPath: runParts.string)
        }
        let root = try ConfinedRoot(workspace.mountPath)
        let inside = PhaseRunner.targetHooksPath
        if (try? root.resolve(inside).stat(followTargetSymlink: false)) != nil {
            throw AssemblyError(.invalidState, "cannot bind the hooks: '\(inside)' is already in the image")
        }
        let target = try root.makeDirectory(inside)
        if let standIns { return try await withCopiedHooks(standIns, at: target, body) }
        let mount = try Mount.bind(workspace.hooksPath, to: target, readOnly: true)
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try mount.detach()
        guard rmdir(target.string) == 0 else {
            throw AssemblyError(.invalidState, "ERROR: unable to cleanly remove \(target)")
        }
        try result.get()
    }

    /// The same by a copy, where nothing can be mounted; what hooks write into it is gone afterwards.
    private func withCopiedHooks(
        _ standIns: StandInMounts, at target: FilePath, _ body: () async throws -> Void
    ) async throws {
        let mounts = ["/proc", "/sys", "/dev", "/dev/pts", "/dev/shm"] + (disk?.mounts.map(\.mountPoint) ?? [])
        let inside = try await standIns.layHooks(
            workspace.hooksPath, at: target, in: workspace.mountPath, others: mounts)
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await inside.end(inside: try ConfinedRoot(workspace.mountPath).path)
        try TreeRemoval.remove(target)
        try result.get()
    }

    /// A shell for the person at the terminal, where the phase runs; its failure fails the build.
    private func debugShell(_ name: String, _ phase: HookPhase, _ breaks: BreakPoints) async throws {
        say("Starting debug shell. Exit to resume building.")
        say("At stage \(name)")
        let place: HookPhase = breaks.staysOutsideTarget && name == "after-error" ? .cleanup : phase
        var command = Command("bash", ["-c", breaks.command], environment: environment.variables(for: place))
        command.standardInput = .inherited
        let outcome = try await runner.runOnTerminal(phaseRunner(for: place).launched(command))
        guard outcome.status.isSuccess else {
            throw AssemblyError(
                .toolFailed("debug shell", status: outcome.status.shellStatus),
                "the debug shell at '\(name)' ended with \(outcome.status)")
        }
        say("Resuming")
    }
}
