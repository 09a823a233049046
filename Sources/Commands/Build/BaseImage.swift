import Basics
import Elements
import Glibc
import ImageExtraction
import ImagePlanning
import LinuxOS
import SystemPackage

/// The image of the caller's own (`DIB_LOCAL_IMAGE`) that a build starts from: whether there is one, and what it takes.
///
/// Elements that say nothing of the variable are foreign, and may do with it what they like: there the file has to be
/// there, no more.
struct BaseImage {
    private(set) var checks: [HostCheck] = []
    private var needs = ExtractionNeeds()
    /// What elements of ours will unpack.
    private var image: FilePath?

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
            image = FilePath(path)
            do { needs = try ExtractionNeeds(of: FilePath(path)) } catch {
                refuse("\(error)", Self.remedy(path))
                return
            }
        }
        checks = [HostCheck("base image", .ok, "'\(path)' can be read")]
    }

    /// Looks into it where it is compressed, by the program that undoes that.
    mutating func lookInside(runner: any CommandRunner) async {
        guard let image, checks.allSatisfy({ $0.status == .ok }) else { return }
        do {
            guard let inside = try await CompressedImage(image, runner: runner) else { return }
            checks = [HostCheck("base image", .ok, "'\(image)' can be read: \(inside.text)")]
        } catch { refuse("\(error)", Self.remedy(image.string)) }
    }

    private static func remedy(_ path: String) -> String { "'ingot image info \(path)' says what is in it" }

    private mutating func refuse(_ detail: String, _ remedy: String) {
        checks = [HostCheck("base image", .missing, detail, remedy: remedy)]
    }

    /// What this host must have to unpack it.
    func add(to all: inout HostNeeds) {
        all.tools += needs.tools.map { HostNeeds.Tool($0, to: "unpack the base image") }
        for type in needs.filesystems { all.baseFilesystems[type] = .essential }
    }
}
