import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS

/// From a request to a plan that this host can carry out: reads elements and host facts, changes nothing.
struct BuildPreparation {
    let plan: BuildPlan
    let resources: ResourceLocator

    init(_ request: BuildRequest) throws {
        guard let resources = ResourceLocator(share: request.environment["INGOT_SHARE"]) else {
            throw PlanError(
                "cannot find Ingot's own elements and Resources",
                hint: "set INGOT_SHARE to the directory that holds both, or install with 'make install'")
        }
        self.resources = resources
        plan = try BuildPlan.load(
            request, builtinElements: resources.elements, memoryAvailable: HostMemory.load().available)
    }
}
