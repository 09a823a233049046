package import Basics
import LinuxOS
import SystemPackage

extension LayerStore {
    /// Removes layers until the rest fits into the budget: the least recently used first, and of equals those on top.
    ///
    /// Layers in use stay. Gives what is gone.
    package func prune(to budget: ByteCount) async throws -> [LayerManifest] {
        try await removeUnreadable()
        let manifests = manifests()
        let depths = depths(manifests)
        var total = manifests.reduce(0) { $0 + $1.contents.allocated }
        let order = manifests.map { (manifest: $0, use: lastUse(of: $0.name), depth: depths[$0.identifier] ?? 0) }
            .sorted { ($0.use.rounded(), -$0.depth) < ($1.use.rounded(), -$1.depth) }
        var removed: [LayerManifest] = []
        for (manifest, _, _) in order where total > budget.bytes {
            guard try await remove(manifest.name) else { continue }
            total -= manifest.contents.allocated
            removed.append(manifest)
        }
        return removed
    }

    /// Checks every layer against its manifest and removes those that are damaged; gives their names.
    package func verify() async throws -> (checked: Int, damaged: [String]) {
        var damaged = try await removeUnreadable()
        var checked = 0
        for manifest in manifests() {
            checked += 1
            guard try !isWhole(manifest) else { continue }
            damaged.append(manifest.name)
            _ = try await remove(manifest.name)
        }
        return (checked, damaged)
    }

    @discardableResult
    private func removeUnreadable() async throws -> [String] {
        var removed: [String] = []
        for name in names() where LayerManifest.read(layersPath.appending(name)) == nil {
            if try await remove(name) { removed.append(name) }
        }
        return removed
    }

    /// How many layers are below each.
    private func depths(_ manifests: [LayerManifest]) -> [String: Int] {
        let parents = Dictionary(manifests.map { ($0.identifier, $0.parent) }, uniquingKeysWith: { first, _ in first })
        var depths: [String: Int] = [:]
        for manifest in manifests {
            var depth = 0
            var current = manifest.parent
            while depth < 1000, let parent = parents[current] {
                depth += 1
                current = parent
            }
            depths[manifest.identifier] = depth
        }
        return depths
    }
}
