import Basics
import DiskFormats
import Elements
package import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// The last change to the tree, in builds that are to give the same bytes each time.
    func normaliseTree() async throws {
        guard let date = try sourceDate() else { return }
        let left = try await TreeNormaliser(root: workspace.mountPath, date: date, runner: runner).run()
        for line in left { monitor.receive(.warning("not reproducible: \(line)")) }
    }

    /// What decides the identifiers of a disk: in builds with SOURCE_DATE_EPOCH the same for the same request.
    ///
    /// Not the formats: a raw and a qcow2 image of one build have one disk.
    package static func seed(of plan: BuildPlan) throws -> UInt64 {
        guard let date = plan.request.environment.nonEmpty("SOURCE_DATE_EPOCH") else { return .random(in: 0 ... .max) }
        let words =
            [date, plan.request.architecture.name, FilePath(plan.imageName).lastComponent?.string ?? ""]
            + plan.selection.names.map(\.text) + plan.request.packages
        let digits = try sha256(of: words.joined(separator: "\n")).prefix(16)
        return UInt64(digits, radix: 16) ?? 0
    }
}
