import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Identifiers of the layers that this build has found or made: what a resumed build may rely on.
    package var layersInUse: [String] { layers?.used.map(\.manifest.identifier) ?? [] }

    /// Reads from the layers what each hook has written, while the stack is laid out at `tree`.
    func recordHistory(_ tree: FilePath) async throws {
        guard let state = layers else { return }
        let reused = Set(state.history.filter(\.isReused).map(\.layer))
        let kept = state.used
        var entries = try await onOwnThread("history") {
            try kept.map { layer in
                let manifest = layer.manifest
                return BuildHistory.Entry(
                    manifest.hook, seconds: manifest.seconds, isReused: reused.contains(manifest.name),
                    try TreeListing.walk(layer.treePath))
            }
        }
        if let reason = state.endReason, let rest = state.tree.unkept {
            let hook = HookIdentity(element: "several", phase: .install, name: "after layers ended: \(reason)")
            entries.append(BuildHistory.Entry(hook, seconds: 0, isReused: false, try TreeListing.walk(rest)))
        }
        let status = tree.appending("var/lib/dpkg/status").string
        let text = FileManager.default.contents(atPath: status).map { String(decoding: $0, as: UTF8.self) } ?? ""
        layers?.record = BuildHistory(
            image: plan.imageName, entries: entries, packages: BuildHistory.debianPackages(status: text))
    }

    /// Writes the record beside the image, with the hooks that have worked on the disk since.
    func publishHistory() throws {
        guard let state = layers, let record = state.record, !artifacts.isEmpty else { return }
        let later = state.laterTimings.map { timing in
            BuildHistory.Entry(
                element: timing.hook.element, phase: timing.hook.phase.rawValue, hook: timing.hook.name,
                seconds: timing.seconds, isReused: false)
        }
        try write(BuildHistory(image: record.image, entries: record.entries + later, packages: record.packages))
    }

    func write(_ history: BuildHistory) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try AtomicFile.write(try encoder.encode(history), to: FilePath(plan.imageName + BuildHistory.suffix))
    }
}

extension BuildHistory.Entry {
    fileprivate init(_ hook: HookIdentity, seconds: Double, isReused: Bool, _ listing: TreeListing) {
        var written: [String: UInt64] = [:]
        var removed: [String] = []
        for entry in listing.entries where !entry.path.isEmpty {
            if entry.isWhiteout {
                removed.append(entry.path)
            } else if !entry.isDirectory {
                written[entry.path] = entry.isRegular ? entry.size : 0
            } else if entry.isOpaque {
                removed.append(entry.path)
            }
        }
        self.init(
            element: hook.element, phase: hook.phase.rawValue, hook: hook.name, seconds: seconds, isReused: isReused,
            written: written, removed: removed)
    }
}
