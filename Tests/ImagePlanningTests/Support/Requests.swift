import Basics
import BlockDevices
import Elements
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport

/// A request of `disk-image-create` on an x86 host, changed as a test needs it.
func request(
    _ environment: [String: String] = [:], machine: String = "x86_64", _ change: (inout BuildRequest) -> Void = { _ in }
) -> BuildRequest {
    var request = BuildRequest(mode: .disk, environment: Environment(environment), machine: machine)
    request.elements = ["debian-minimal", "vm"]
    change(&request)
    return request
}

/// The plan of a request with the elements of this checkout, on a host with plenty of memory.
func plan(
    _ request: BuildRequest, memory: ByteCount = .gibibytes(64), offlineTypes: Set<String> = []
) throws -> BuildPlan {
    try BuildPlan.load(
        request, builtinElements: Checkout.elements, memoryAvailable: memory, offlineTypes: offlineTypes)
}

/// The message and hint with which a request is refused, on two lines.
func refusal(_ request: BuildRequest) -> String {
    do {
        _ = try plan(request)
        return "planned"
    } catch let error as PlanError {
        return ([error.message] + [error.hint].compactMap(\.self)).joined(separator: "\n")
    } catch {
        return "\(error)"
    }
}

/// Variables as an outside phase of a build in `/b` sees them.
func hookEnvironment(_ request: BuildRequest) -> HookEnvironment {
    HookEnvironment(
        request: request,
        exports: Environment(["IMAGE_ELEMENT": "base vm", "BASH_FUNC_get_image_element_array%%": "() { :\n}"]),
        workspace: BuildWorkspace(buildDirectory: "/b", imageDirectory: "/i"),
        program: .init(library: "/share/lib", executable: "/bin/ingot", python: "/share/python"))
}
