import Basics
import DiskFormats
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// The tree under the hooks of a build with layers: made when one runs, taken down when it has.
extension ImageAssembler {
    /// Mounts the stack and makes it a place where programs run, as far as the build has come to that.
    func openTree() async throws {
        guard let state = layers else { return }
        if !state.tree.isOpen {
            try await layCopies()
            try state.tree.open()
        }
        // A tree that stays open over phases comes to its preparation while it is.
        let root = workspace.mountPath
        if state.isPrepared {
            if state.hasResolver {
                try TransientFiles.fillResolver(root)
            } else {
                try ResolverConfiguration(root: root).install()
                layers?.hasResolver = true
            }
            if kernelFilesystems == nil { kernelFilesystems = try KernelFilesystems.attach(root: root) }
        }
        try state.tree.acceptMounts()
        let replays = state.replays
        layers?.replays = []
        for (hook, mounts) in replays {
            if try mounts.allSatisfy({ try $0.attach(in: root) }) { continue }
            say("Running \(hook.phase.directoryName)/\(hook.fileName) again: its mounts are in no layer")
            let phaseRunner = self.phaseRunner(for: hook.phase)
            try await withBoundHooks(hook.phase) {
                _ = try await phaseRunner.run(hook, try await phaseRunner.sourcedEnvironment())
            }
        }
        try state.tree.acceptMounts()
    }

    /// Takes the tree down and gives what the hook has done its place in the store.
    func keep(_ draft: LayerDraft, seconds: Double, stagedBefore: TreeListing?) async throws {
        guard let state = layers else { return }
        let hadResolver = state.used.last?.manifest.hasResolver ?? false
        let own = [workspace.buildDirectory, workspace.imageDirectory]
        let mounts = try state.tree.newMounts(own: own, scratch: state.store.scratchPath)
        let indexes = PackageIndex.read(root: workspace.mountPath, architecture: plan.request.architecture)
        guard try await takeDown(draft.identity) else { return }
        let folder = state.tree.currentLayer
        try await takeCopies(to: folder.appending("tree")) {
            try TransientFiles.scrub(folder.appending("tree"), keepsResolver: state.hasResolver && !hadResolver)
        }
        var staged = StagedChanges()
        if let stagedBefore {
            staged = StagedChanges(from: stagedBefore, to: try TreeListing.walk(workspace.hooksPath))
            try await staged.save(from: workspace.hooksPath, to: folder.appending("staged"), runner: runner)
        }
        let listing = try await onOwnThread("list") { try TreeListing.walk(folder.appending("tree")) }
        let manifest = LayerManifest(
            identifier: try identifier(draft), keyText: draft.keyText, parent: state.parent, hook: draft.identity,
            key: draft.key, answers: draft.answers, impurity: draft.impurity,
            created: Date().timeIntervalSince1970, seconds: seconds, mounts: mounts,
            hasResolver: state.hasResolver, indexes: indexes, staged: staged,
            contents: try LayerManifest.Contents(listing))
        try await publish(manifest, folder)
    }

    /// Publishes, or takes the one that another build has published under the same name.
    private func publish(_ manifest: LayerManifest, _ folder: FilePath) async throws {
        guard let state = layers else { return }
        var layer = try await state.store.publish(folder, manifest)
        if layer == nil, !state.policy.refreshes, let other = state.store.manifest(manifest.name) {
            layer = try await state.store.use(other)
            layers?.copied.count -= 1
        }
        if layer == nil { layer = try await replace(manifest, folder) }
        guard let layer else {
            layers?.endReason = "the layer of \(manifest.hook) cannot be kept"
            monitor.receive(.warning("layers end here: that of \(manifest.hook) is in the way of another"))
            layers?.tree.push(folder.appending("tree"))
            return
        }
        note(layer)
        layers?.history.append(
            LayerState.HistoryEntry(
                hook: manifest.hook, layer: manifest.name, isReused: false, seconds: manifest.seconds))
    }

    private func replace(_ manifest: LayerManifest, _ folder: FilePath) async throws -> StoredLayer? {
        guard let state = layers, try await state.store.remove(manifest.name) else { return nil }
        return try await state.store.publish(folder, manifest)
    }

    /// Layers of equal keys and answers are the same layer; an impure one is like no other.
    func identifier(_ draft: LayerDraft) throws -> String {
        let answers = draft.answers.map { "\($0.question) \($0.digest)" }.joined(separator: "\n")
        let nonce = draft.impurity == nil ? "" : String(UInt64.random(in: 0 ... .max), radix: 36)
        return String(try sha256(of: "\(draft.keyText)\n\(answers)\n\(nonce)").prefix(32))
    }

    /// False if a process of a hook is still at work in the tree: nothing can be kept from here on.
    private func takeDown(_ identity: HookIdentity) async throws -> Bool {
        guard let state = layers else { return false }
        let left = try Stragglers.list()
        var reason: String?
        if left.contains(where: { !Self.idleDaemons.contains($0.name) }) {
            reason = "left \(left.map(\.description).joined(separator: ", ")) running"
        } else if !left.isEmpty {
            try await Self.endStragglers()
        }
        if reason == nil, try !state.tree.close() { reason = "keeps its tree busy" }
        guard let reason else { return true }
        layers?.endReason = "\(identity) \(reason)"
        monitor.receive(.warning("layers end here: \(identity) \(reason)"))
        return false
    }

    /// Programs that others start to be faster the next time, and that are started again when they are gone.
    private static let idleDaemons: Set<String> = ["gpg-agent", "dirmngr", "keyboxd", "scdaemon"]

    // MARK: - The end

    /// Lays the whole stack out in the place of the built tree, with this image's own keys in it.
    func releaseLayers() async throws {
        guard let state = layers else { return }
        try Mount.unmountAll(below: workspace.mountPath)
        kernelFilesystems = nil
        let place = workspace.builtPath
        if !state.tree.isOpen { try await layCopies() }
        try state.tree.finish(at: place)
        if let unkept = state.tree.unkept { try await takeCopies(to: unkept) {} }
        try await runExtraCommands(isLast: false)
        if state.hasResolver {
            try TransientFiles.fillResolver(place)
        } else {
            try ResolverConfiguration(root: place).install()
        }
        try await recordHistory(place)
        let launcher = HookLauncher(root: place, suppressesSync: plan.request.fastSync)
        for name in try await TransientFiles.renew(place, runner: runner, launcher: launcher) {
            monitor.receive(.warning("the image has no host key '\(name)': ssh-keygen in the image cannot make it"))
        }
        rmdir(place.appending("lost+found").string)
    }

    /// After the tree has been copied onto its disk.
    func removeBuiltTree() async throws {
        let tree = workspace.builtPath
        guard layers != nil else {
            return try await onOwnThread("remove") { try TreeRemoval.remove(tree) }
        }
        try Mount.detach(tree)
        rmdir(tree.string)
    }

    /// Keeps the store within its budget, when the build's own layers are the youngest of all.
    func pruneLayers() async throws {
        guard let state = layers else { return }
        let removed = try await state.store.prune(to: state.policy.budget)
        if !removed.isEmpty { say("Removed \(removed.count) layers to keep within \(state.policy.budget)") }
    }
}
