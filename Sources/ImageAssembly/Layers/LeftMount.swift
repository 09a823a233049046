import LinuxOS
import SystemPackage

/// A mount that a hook has left in the tree for the hooks after it, as far as it can be made again without that hook.
package struct LeftMount: Hashable, Sendable, Codable {
    /// Below the tree.
    let target: String
    /// For a bind mount, the directory or file of the host that it shows; nothing if that belongs to one build only.
    let source: String?
    let type: String

    /// Looks at a mount, and for a bind mount at the tables for what it shows.
    ///
    /// `own` are directories of the running build, which the next one does not have; elsewhere, what bears the name of one
    /// was made for this build alone, as the directory of its downloads. `scratch` is where builds have such directories.
    init(_ mount: MountTable.Entry, in tree: FilePath, table: MountTable, own: [FilePath], scratch: FilePath) {
        var place = mount.target
        _ = place.removePrefix(tree)
        target = place.string
        type = mount.type
        let origins = table.mounts.filter { origin in
            origin.device == mount.device && mount.root.starts(with: origin.root) && !origin.target.starts(with: tree)
        }
        let origin = origins.max { $0.root.components.count < $1.root.components.count }
        source = origin.flatMap { origin in
            var rest = mount.root
            _ = rest.removePrefix(origin.root)
            let path = origin.target.pushing(FilePath(root: nil, rest.components))
            let names = Set(own.compactMap(\.lastComponent))
            let isInside = (own + [scratch]).contains { path.starts(with: $0) }
            return isInside || path.components.contains(where: names.contains) ? nil : path.string
        }
    }

    package var text: String { "\(target) of \(source ?? type)" }

    /// File systems that are the same wherever they are mounted.
    private static let kernelTypes: Set<String> = ["proc", "sysfs", "devtmpfs", "devpts"]

    /// Mounts it in a tree again; false if only the hook can.
    func attach(in tree: FilePath) throws -> Bool {
        guard let place = try? ConfinedRoot(tree).resolve(FilePath("/").pushing(FilePath(target))) else { return false }
        if Self.kernelTypes.contains(type) {
            try Mount(source: type, target: place, type: type).attach()
            return true
        }
        guard let source, (try? FilePath(source).stat()) != nil else { return false }
        _ = try Mount.bind(FilePath(source), to: place)
        return true
    }
}
