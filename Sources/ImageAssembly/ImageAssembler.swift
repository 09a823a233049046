import Basics
import BlockDevices
import Elements
import Fetching
package import ImagePlanning
package import LinuxOS
import Provenance
import SystemPackage

/// Carries out a build plan: every effect of a build is behind this type.
///
/// One task carries the build, step after step, in the order of `BuildSequence`. What a step acquires it registers on
/// the teardown stack, so that a failure, a cancellation or the end release everything in reverse. What belongs to one
/// topic of steps is in an extension of its own.
package actor ImageAssembler {
    let plan: BuildPlan
    let resources: ResourceLocator
    let runner: any CommandRunner
    let monitor: any BuildMonitor
    /// The version of the program, and what in an environment is a secret: both decide what may be reused.
    let cacheTraits: CacheTraits
    /// Draws the identifiers of the disk.
    var random: SeededGenerator

    // What steps have found out or made, for the steps after them.
    var workspace = BuildWorkspace(planned: "/tmp")
    var environment = HookEnvironment(common: Environment(), mountPath: "")
    var kernelFilesystems: KernelFilesystems?
    var isResolverReplaced = false
    var survey: TreeSurvey?
    var diskFit: DiskFit?
    var hasRunLastExtraCommands = false
    var activation: BlockDeviceActivation?
    var disk: ActiveDisk?
    var artifacts: [Artifact] = []
    /// Changed for the time of the build.
    var mask: FileMask?
    /// The hooks' way to the network, in a build with a lock.
    var gateway: FetchGateway?
    /// What the image has installed; nothing unless a document is wanted.
    var inventory: PackageInventory?
    /// Nothing for a build that reuses none and keeps none.
    var layers: LayerState?

    /// `seed` decides the identifiers of the disk: equal seeds give equal ones.
    package init(
        plan: BuildPlan, resources: ResourceLocator, runner: any CommandRunner, monitor: any BuildMonitor,
        cacheTraits: CacheTraits = CacheTraits(), seed: UInt64 = .random(in: 0 ... .max)
    ) {
        self.plan = plan
        self.resources = resources
        self.runner = runner
        self.monitor = monitor
        self.cacheTraits = cacheTraits
        random = SeededGenerator(seed: seed)
    }

    /// Builds the image and gives what it has published.
    package func run() async throws -> [Artifact] {
        let start = ContinuousClock.now
        monitor.receive(
            .buildStarted(image: plan.imageName, steps: plan.steps.map(\.title), hookCount: plan.hooks.count))
        say("Building elements: \(plan.selection.requested.map(\.text).joined(separator: " "))")
        say("Expanded element dependencies to: \(plan.selection.names.map(\.text).joined(separator: " "))")
        let mask = FileMask()
        self.mask = mask
        defer { mask.restore() }
        try await withTeardown { stack in
            try await self.prepareWorkspace(stack)
            try await self.openGateway(stack)
            do {
                for (index, step) in self.plan.steps.enumerated() {
                    try Task.checkCancellation()
                    // Everything after the last layer, or nothing of it.
                    if step == .releaseTarget, try await self.reuseImage() { return try await self.pruneLayers() }
                    try await self.carryOut(step, index: index + 1, stack)
                }
                try await self.refuseUnlessLocked()
            } catch { throw await self.explainingRefusals(error) }
            try await self.publishLock()
            try await self.publishHistory()
            try await self.publishDocuments()
            try await self.keepImage()
            try await self.pruneLayers()
        }
        monitor.receive(.buildFinished(seconds: start.secondsUntilNow))
        return artifacts
    }

    private func carryOut(_ step: BuildStep, index: Int, _ stack: TeardownStack) async throws {
        let start = ContinuousClock.now
        monitor.receive(.stepStarted(index: index, title: step.title))
        try await perform(step, stack)
        monitor.receive(.stepFinished(index: index, title: step.title, seconds: start.secondsUntilNow))
    }

    private func perform(_ step: BuildStep, _ stack: TeardownStack) async throws {
        switch step {
        case .stageHooks: try await stageHooks()
        case .describeBlockDevice: try describeBlockDevice()
        case .runHooks(let phase): try await runHooks(of: phase)
        case .checkRoot: try checkRoot()
        case .prepareTarget: try prepareTarget()
        case .installPackages(let packages): try await install(packages)
        case .releaseTarget: try await releaseTarget()
        case .measureTree:
            try await measureTree()
            try await reportUsage()
        case .createBlockDevice: try await createBlockDevice(stack)
        case .transferTree: try await transferTree()
        case .tidyTarget:
            try await takeInventory()
            try await tidyTarget()
            try await normaliseTree()
        case .archive(let formats):
            try refuseUnlessLocked()
            mask?.restore()
            defer { mask?.useUsual() }
            try await archive(formats)
        case .releaseBlockDevice: try await releaseBlockDevice()
        case .convert(let formats):
            try refuseUnlessLocked()
            mask?.restore()
            defer { mask?.useUsual() }
            try await convert(formats)
        }
    }

    /// A line of the engine's own, as upstream words it where scripts match on it.
    func say(_ line: String) { monitor.receive(.output(line: line, source: .engine)) }
}
