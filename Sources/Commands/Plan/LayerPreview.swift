import ImageAssembly
import ImagePlanning
import LinuxOS

/// What a plan can say of the layer store: looked up as a build looks it up, by the same code.
struct LayerPreview {
    private let request: BuildRequest

    /// Without `asks`, nothing outside is looked at: what was right at the last build counts.
    init(_ request: BuildRequest, asks: Bool) {
        var request = request
        request.cache.asks = asks
        // Hooks see the command line as `DIB_ARGS`: that of the build, which has none of these.
        request.argumentText = request.arguments.filter { !["--explain", "--dry-run", "--check-mirror"].contains($0) }
            .joined(separator: " ")
        self.request = request
    }

    func forecast() async throws -> LayerForecast? {
        guard HostProbe.adapted(request).cache.isOn, LayerStore(existing: request.cache.directory) != nil else {
            return nil
        }
        let preparation = try BuildPreparation(request)
        let assembler = ImageAssembler(
            plan: preparation.plan, resources: preparation.resources,
            runner: SubprocessRunner(environment: BuildRun.toolEnvironment(of: request)), monitor: SilentMonitor(),
            cacheTraits: BuildRun.cacheTraits)
        return try await assembler.forecast()
    }
}

/// For what runs without a listener.
private struct SilentMonitor: BuildMonitor {
    func receive(_ event: BuildEvent) {}
}
