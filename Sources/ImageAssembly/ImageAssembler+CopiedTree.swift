import Basics
import ImagePlanning
import LinuxOS
import SystemPackage

/// Layers without overlayfs: the same layers, laid over each other and taken apart by copying.
extension ImageAssembler {
    /// Finds out whether directories can be stacked here, and prepares for copying if they cannot.
    func prepareCopies(unless probe: () throws -> Void, _ scratch: FilePath) throws {
        do {
            // For tests: both ways have to give the same.
            guard plan.request.environment["INGOT_LAYER_TREES"] != "copied" else {
                throw SystemError("stack layers", because: "INGOT_LAYER_TREES asks for copies")
            }
            try probe()
        } catch {
            let copies = CopiedTree(tree: scratch.appending("copied"), scratch: scratch, runner: runner)
            try copies.prepare()
            layers?.copies = copies
            layers?.tree.plain = copies.tree
            say("Layers are copied, which takes longer: \(error)")
        }
    }

    /// Brings the tree to the topmost layer, and remembers what it is before a hook runs.
    func layCopies() async throws {
        guard let state = layers, let copies = state.copies else { return }
        for tree in state.tree.trees.dropFirst(state.copied.count) { try await copies.apply(tree) }
        let before = try await copies.listing()
        layers?.copied = (state.tree.trees.count, before)
    }

    /// Fills a layer with what has changed since, and has `scrub` take out what belongs in none.
    func takeCopies(to layer: FilePath, _ scrub: () throws -> Void) async throws {
        guard let copies = layers?.copies, let before = layers?.copied.before else { return try scrub() }
        let changed = try await copies.extract(since: before, to: layer)
        try scrub()
        try await copies.resynchronise(changed, with: layer)
        layers?.copied.count += 1
    }
}
