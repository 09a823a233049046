import Basics
import Elements
import Glibc
import ImageExtraction
import ImagePlanning
import SystemPackage

/// The image of the caller's own (`DIB_LOCAL_IMAGE`) that a build starts from: whether there is one, and what it takes.
///
/// Elements that say nothing of the variable are foreign, and may do with it what they like: there the file has to be
/// there, no more.
struct BaseImage {
    private(set) var checks: [HostCheck] = []
    private var needs = ExtractionNeeds()

    init() {}

    init(of plan: BuildPlan) {
        guard let path = plan.request.environment.nonEmpty("DIB_LOCAL_IMAGE") else { return }
        guard access(path, R_OK) == 0 else {
            refuse(
                "cannot read '\(path)': \(Errno(rawValue: errno))",
                "set DIB_LOCAL_IMAGE to the path of an image, or unset it")
            return
        }
        if plan.descriptions.variables.contains(where: { $0.variable.name == "DIB_LOCAL_IMAGE" }) {
            do { needs = try ExtractionNeeds(of: FilePath(path)) } catch {
                refuse("\(error)", "'ingot image info \(path)' says what is in it")
                return
            }
        }
        checks = [HostCheck("base image", .ok, "'\(path)' can be read")]
    }

    private mutating func refuse(_ detail: String, _ remedy: String) {
        checks = [HostCheck("base image", .missing, detail, remedy: remedy)]
    }

    /// What this host must have to unpack it.
    func add(to all: inout HostNeeds) {
        all.tools += needs.tools.map { HostNeeds.Tool($0, to: "unpack the base image") }
        for type in needs.filesystems { all.baseFilesystems[type] = .essential }
    }
}
