import Basics
import Elements
import ImageAssembly
import ImagePlanning
import LinuxOS

/// A build under way: the engine, its display, and the signals that end it early.
struct BuildRun: Sendable {
    let preparation: BuildPreparation
    let style: BuildDisplay.Style

    /// Gives the exit status of the contract (compat-core section 1.4); 130 or 143 when interrupted.
    func run() async throws -> Int32 {
        let request = preparation.plan.request
        let display = BuildDisplay(
            style: style, environment: request.environment, imageName: preparation.plan.imageName,
            elements: preparation.plan.selection.names.map(\.text),
            secretNames: preparation.plan.descriptions.secretNames, logfile: request.logfile,
            terminal: Terminal(environment: request.environment))
        return try await display.run { monitor in
            let signals = try SignalStream.signals()
            let build = Task { try await assemble(monitor) }
            let watcher = Task { () -> Int32? in
                for await signal in signals {
                    build.cancel()
                    return signal
                }
                return nil
            }
            let result = await build.result
            watcher.cancel()
            let signal = await watcher.value
            return report(result, signal: signal, to: monitor, isSilent: !display.showsOutput)
        }
    }

    private func assemble(_ monitor: any BuildMonitor) async throws {
        let assembler = ImageAssembler(
            plan: preparation.plan, resources: preparation.resources,
            runner: SubprocessRunner(environment: Self.toolEnvironment(of: preparation.plan.request)), monitor: monitor,
            cacheTraits: Self.cacheTraits, seed: try ImageAssembler.seed(of: preparation.plan))
        let retry = RetryRecord.Place(preparation.plan.request.cache)
        do {
            _ = try await assembler.run()
            retry.remove()
        } catch {
            retry.write(preparation.plan, layers: await assembler.layersInUse)
            throw error
        }
    }

    static let cacheTraits = CacheTraits(version: IngotVersion.text) { SecretMask.isSecret(name: $0, value: $1) }

    /// What the engine's own tools get: messages in English, and programs from where the host was probed for them.
    static func toolEnvironment(of request: BuildRequest) -> Environment {
        var environment = request.environment
        environment["PATH"] = HookEnvironment.searchPath(extending: environment["PATH"])
        environment["LC_ALL"] = "C"
        return environment
    }

    private func report(_ result: Result<Void, any Error>, signal: Int32?, to monitor: any BuildMonitor, isSilent: Bool)
        -> Int32
    {
        guard case .failure(let error) = result else { return 0 }
        let report = signal.map { ErrorReport(interruptedBy: $0) } ?? ErrorReport(error)
        monitor.receive(.buildFailed(report.failure))
        // Quiet is about the output of hooks: a caller that sees nothing but a status is left to guess.
        if isSilent {
            report.print()
            if let logfile = preparation.plan.request.logfile { printError("full log: \(logfile)") }
        }
        return report.status
    }
}
