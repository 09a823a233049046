import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import SystemPackage

/// From a request to a plan that this host can carry out: reads elements and host facts, changes nothing.
struct BuildPreparation: Sendable {
    let plan: BuildPlan
    let resources: ResourceLocator
    /// What the plan asks of the host, and whether it is there.
    let checks: [HostCheck]
    /// The one command that installs all missing programs, if there are any.
    let installCommand: String?

    init(_ request: BuildRequest) throws {
        guard let resources = ResourceLocator(share: request.environment["INGOT_SHARE"]) else {
            throw PlanError(
                "cannot find Ingot's own elements and Resources",
                hint: "set INGOT_SHARE to the directory that holds both, or install with 'make install'")
        }
        self.resources = resources
        plan = try BuildPlan.load(
            request, builtinElements: resources.elements, memoryAvailable: HostProbe.memoryAvailable)
        let needs = HostProbe.needs(of: plan)
        let facts = HostProbe(environment: request.environment).facts(for: needs)
        checks = HostCheck.checks(facts, needs)
        installCommand = HostCheck.installCommand(for: checks, on: facts)
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
