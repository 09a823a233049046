import Basics
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Writes the tree in the formats made from it, while it is mounted; upstream overwrites these without keeping old
    /// ones.
    func archive(_ formats: [TreeFormat]) async throws {
        let mountPath = workspace.mountPath
        let mountPoints = (disk?.mountTargets ?? []).compactMap { target -> FilePath? in
            var path = target
            return target != mountPath && path.removePrefix(mountPath) ? path : nil
        }
        let outputs = TreeOutputs(
            tree: mountPath, architecture: plan.request.architecture, options: try TreeOptions(plan.request),
            mountPoints: mountPoints.sorted { $0.string < $1.string },
            engine: HostProbe(environment: plan.request.environment).containerEngine() ?? "docker",
            identifier: randomUUID(using: &random), runner: runner)
        let monitor = monitor
        try await publish(formats[...], []) { targets in
            try await outputs.write(targets) { monitor.receive(.output(line: $1, source: .tool($0))) }
        }
    }

    /// Opens the outputs one inside the other, so that one walk fills all of them.
    private func publish(
        _ rest: ArraySlice<TreeFormat>, _ targets: [TreeOutputs.Target],
        _ write: ([TreeOutputs.Target]) async throws -> Void
    ) async throws {
        guard let format = rest.first else { return try await write(targets) }
        guard format.fileSuffix != nil else {
            let target = TreeOutputs.Target(format: format, path: "")
            return try await publish(rest.dropFirst(), targets + [target], write)
        }
        try await publish(.tree(format), keepsOld: false) { partial in
            try await publish(
                rest.dropFirst(), targets + [TreeOutputs.Target(format: format, path: partial)], write)
        }
    }
}
