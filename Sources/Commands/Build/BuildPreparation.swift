import Basics
import BlockDevices
import Elements
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// From a request to a plan that this host can carry out: reads elements and host facts, changes nothing.
struct BuildPreparation: Sendable {
    let plan: BuildPlan
    let resources: ResourceLocator
    /// What the plan asks of the host, and whether it is there.
    private(set) var checks: [HostCheck]
    /// The one command that installs all missing programs, if there are any.
    let installCommand: String?
    private var base: BaseImage

    init(_ request: BuildRequest) throws {
        guard let resources = ResourceLocator(share: request.environment["INGOT_SHARE"]) else {
            throw PlanError(
                "cannot find Ingot's own elements and Resources",
                hint: "set INGOT_SHARE to the directory that holds both, or install with 'make install'")
        }
        try self.init(
            HostProbe.adapted(request), resources: resources, memoryAvailable: HostProbe.memoryAvailable,
            offlineTypes: HostProbe.offlineTypes, baseImage: BaseImage.init(of:)
        ) {
            HostProbe(environment: request.environment).facts(for: $0)
        }
        checks += DirectoryChecks(plan: plan).checks
    }

    /// With what is known of a host, which need not be this one: hence without a look at directories and files.
    init(
        _ request: BuildRequest, resources: ResourceLocator, memoryAvailable: ByteCount,
        offlineTypes: Set<String> = [], baseImage: (BuildPlan) -> BaseImage = { _ in BaseImage() },
        facts probe: (HostNeeds) -> HostFacts
    ) throws {
        self.resources = resources
        plan = try Self.plan(request, resources.elements, memoryAvailable, offlineTypes)
        var needs = HostProbe.needs(of: plan)
        base = baseImage(plan)
        base.add(to: &needs)
        let facts = probe(needs)
        checks = HostCheck.checks(facts, needs) + base.checks
        installCommand = HostCheck.installCommand(for: checks, on: facts)
    }

    /// Looks further into a base image that is compressed.
    mutating func lookIntoBaseImage(runner: any CommandRunner) async {
        let before = base.checks
        await base.lookInside(runner: runner)
        if base.checks != before { checks.replace(before, with: base.checks) }
    }

    /// Adds the check that takes the network, and seconds if it fails.
    mutating func checkMirrors(runner: any CommandRunner) async {
        checks += await MirrorChecks(plan: plan, runner: runner).checks()
    }

    /// The plan; an error of the elements or the disk layout says what to look at.
    private static func plan(
        _ request: BuildRequest, _ builtinElements: FilePath, _ memoryAvailable: ByteCount,
        _ offlineTypes: Set<String>
    ) throws -> BuildPlan {
        try DiskConversion.validate(request)
        do {
            return try BuildPlan.load(
                request, builtinElements: builtinElements, memoryAvailable: memoryAvailable, offlineTypes: offlineTypes)
        } catch let error as ElementError {
            throw PlanError(
                error.description,
                hint: error.hint ?? "elements are searched in ELEMENTS_PATH, then among Ingot's own")
        } catch let error as BlockDeviceError {
            let isOwn = request.environment.nonEmpty("DIB_BLOCK_DEVICE_CONFIG") != nil
            throw PlanError(
                error.description,
                hint: isOwn
                    ? "look at the text of DIB_BLOCK_DEVICE_CONFIG, or at the file it names"
                    : "look at the block-device-*.yaml of the elements; DIB_BLOCK_DEVICE_CONFIG replaces it")
        }
    }

    /// Fails with one line for what is missing, before anything is touched.
    func refuseUnlessPossible() throws(PlanError) {
        let missing = checks.filter { $0.status == .missing }
        guard !missing.isEmpty else { return }
        throw PlanError(
            "this host cannot build the image: "
                + missing.map { "\($0.title): \($0.detail)" }.joined(separator: "; "),
            hint: installCommand ?? missing.compactMap(\.remedy).first)
    }
}
