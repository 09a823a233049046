import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// Hooks whose results are layers (decision 13): looked up before they run, kept after they have run.
extension ImageAssembler {
    /// Opens the store, if the build has one and this kernel can stack directories.
    func prepareLayers(_ stack: TeardownStack) async throws {
        let policy = plan.request.cache
        guard policy.isOn else { return }
        guard plan.request.environment.nonEmpty("break") == nil else {
            return say("Layers are neither reused nor kept: 'break' stops a build where it wants the tree to be")
        }
        let store: LayerStore
        do { store = try LayerStore(creating: policy.directory) } catch {
            monitor.receive(.warning("layers are neither reused nor kept in '\(policy.directory)': \(error)"))
            return
        }
        let scratch = try TemporaryDirectory.create(in: store.scratchPath, prefix: "build.")
        chmod(scratch.path.string, 0o755)
        await stack.push("remove '\(scratch.path)'") {
            try Mount.unmountAll(below: scratch.path)
            try scratch.remove()
        }
        let tree = try LayeredTree(mountPath: workspace.mountPath, scratch: scratch.path)
        layers = try layerState(store, tree, policy)
        do { try prepareCopies(unless: tree.probe, scratch.path) } catch {
            layers = nil
            monitor.receive(.warning("layers are neither reused nor kept in '\(policy.directory)': \(error)"))
        }
    }

    func layerState(_ store: LayerStore, _ tree: LayeredTree, _ policy: CachePolicy) throws -> LayerState {
        LayerState(
            store: store, tree: tree,
            keys: try LayerKeyMaker(
                plan: plan, workspace: workspace, resources: resources, version: cacheTraits.version),
            asker: InputAsker(runner: runner, environment: plan.request.environment),
            descriptions: plan.descriptions, policy: policy)
    }

    /// The hooks of one phase, each either found as a layer or run.
    func runLayered(_ phase: HookPhase) async throws {
        let phaseRunner = self.phaseRunner(for: phase)
        guard let hooks = try phaseRunner.hooks() else { return }
        let isOnHost = phase.place == .host
        let sourced = isOnHost ? try await phaseRunner.sourcedEnvironment() : nil
        if let sourced { layers?.hostEnvironment = sourced }
        layers?.phaseEnvironment = sourced
        layers?.timings = []
        let visible = sourced ?? environment.variables(for: phase)
        for hook in hooks {
            try Task.checkCancellation()
            let step = LayerKeyMaker.Step(identity: phaseRunner.identity(hook), file: hook.path, environment: visible)
            let inputs = layers?.descriptions.inputs(of: hook.element, in: layers?.hostEnvironment ?? visible)
            try await carryOut(step, hook: hook, inputs: inputs) { try await self.run(hook) }
        }
        let timings = layers?.timings ?? []
        if !timings.isEmpty || hooks.isEmpty { monitor.receive(.phaseFinished(phase, timings: timings)) }
    }

    /// Runs one hook in its place; inside the image, `environment.d` is sourced before the first that runs.
    private func run(_ hook: Hook) async throws {
        let phaseRunner = self.phaseRunner(for: hook.phase)
        try await withBoundHooks(hook.phase) {
            let variables: Environment
            if let known = self.layers?.phaseEnvironment {
                variables = known
            } else {
                variables = try await phaseRunner.sourcedEnvironment()
                self.layers?.phaseEnvironment = variables
            }
            let timing = try await phaseRunner.run(hook, variables)
            self.layers?.timings.append(timing)
        }
    }

    /// `-p`: a layer of its own, since the list changes more often than the hooks before it.
    func installLayered(_ packages: [String]) async throws {
        try await carryOut(installationStep, hook: nil, inputs: []) { try await self.runInstallation(of: packages) }
    }

    var installationStep: LayerKeyMaker.Step {
        LayerKeyMaker.Step(
            identity: HookIdentity(element: ElementName.build.text, phase: .install, name: "install-packages"),
            file: nil, text: plan.request.packages.joined(separator: " "),
            environment: environment.variables(for: .install))
    }

    /// Finds the layer of a step, or runs it and keeps what it has done.
    private func carryOut(
        _ step: LayerKeyMaker.Step, hook: Hook?, inputs: [ElementInput]?, _ run: () async throws -> Void
    ) async throws {
        guard let state = layers else { return }
        guard state.endReason == nil else { return try await runUnkept(run) }
        let (key, texts) = try state.keys.key(of: step, parent: state.parent)
        if let secret = secret(named: texts, step.environment) {
            layers?.endReason = "\(step.identity) sees the secret '\(secret)'"
            say("Layers end here: \(step.identity) sees the secret '\(secret)', and no layer holds one")
            return try await runUnkept(run)
        }
        let draft = try await draft(key, step.identity, inputs.map { $0 + packageInputs(of: texts) })
        if let found = try await find(draft) { return try await reuse(found, hook: hook) }
        let lock = try await state.store.lock(draft.keyText) { [monitor] in
            let line = "Another build is making the layer of \(step.identity); waiting for it"
            monitor.receive(.output(line: line, source: .engine))
        }
        defer { lock.release() }
        if let found = try await find(draft) { return try await reuse(found, hook: hook) }
        try await openTree()
        let isOnHost = step.identity.phase.place == .host
        let before = isOnHost ? try TreeListing.walk(workspace.hooksPath) : nil
        let start = ContinuousClock.now
        try await run()
        try await keep(draft, seconds: start.secondsUntilNow, stagedBefore: before)
    }

    /// Whoever calls a package manager reads its index, declared or not: lists of packages count by themselves.
    func packageInputs(of texts: [HookText]) -> [ElementInput] {
        guard texts.contains(where: { text in Self.packagePrograms.contains(where: text.calls) }) else { return [] }
        return ElementInput.PackageManager.allCases.map { .packages($0) }
    }

    private static let packagePrograms = [
        "install-packages", "package-installs", "apt-get", "apt", "aptitude", "dnf", "microdnf", "yum", "tdnf",
        "zypper", "apk", "emerge", "mmdebstrap", "debootstrap", "dnf5",
    ]

    /// In the layer that is open, which will not be kept.
    private func runUnkept(_ run: () async throws -> Void) async throws {
        try await openTree()
        try await run()
    }

    /// A variable with a secret in it that some script of a hook names.
    func secret(named texts: [HookText], _ environment: Environment) -> String? {
        let declared = layers?.descriptions.secretNames ?? []
        return environment.names.first { name in
            guard let value = environment.nonEmpty(name) else { return false }
            return (declared.contains(name) || cacheTraits.isSecret(name, value))
                && texts.contains { $0.names(name) && (!$0.isOpaque || declared.contains(name)) }
        }
    }

    // MARK: - Looking up

    /// What is known of a layer before it is there.
    struct LayerDraft {
        let key: LayerKey
        let keyText: String
        let identity: HookIdentity
        let answers: [LayerManifest.Answer]
        let impurity: String?
    }

    /// `--offline`: whatever was right once will do.
    var takesOldAnswers: Bool { plan.request.isOffline || !plan.request.cache.asks }

    /// Asks for the inputs; who declares none, or cannot be answered, makes an impure layer.
    func draft(_ key: LayerKey, _ identity: HookIdentity, _ inputs: [ElementInput]?) async throws -> LayerDraft {
        let keyText = try key.text()
        func draft(_ answers: [LayerManifest.Answer], _ impurity: String?) -> LayerDraft {
            LayerDraft(key: key, keyText: keyText, identity: identity, answers: answers, impurity: impurity)
        }
        guard let state = layers, let inputs else {
            return draft([], "element '\(identity.element)' does not declare its inputs")
        }
        if takesOldAnswers { return draft([], inputs.isEmpty ? nil : "nothing was asked: --offline") }
        do {
            let indexes = state.indexes.isEmpty ? PackageIndex.planned(state.hostEnvironment) : state.indexes
            return draft(try await state.asker.answers(to: inputs, indexes: indexes), nil)
        } catch let failure as InputAsker.Failure {
            monitor.receive(.warning("cannot ask for '\(failure.question)': \(failure.reason)"))
            return draft([], "'\(failure.question)' could not be asked")
        }
    }

    func find(_ draft: LayerDraft) async throws -> StoredLayer? {
        guard let state = layers, !state.policy.refreshes, !state.tree.isOpen else { return nil }
        let now = Date().timeIntervalSince1970
        for manifest in state.store.candidates(draft.keyText) {
            if !state.policy.resumed.contains(manifest.identifier) {
                let isPure = manifest.impurity == nil && (draft.impurity == nil || takesOldAnswers)
                let isYoung =
                    now - manifest.created <= Double(state.policy.timeToLive)
                    || state.policy.since.map { manifest.created >= $0 } ?? false
                guard isPure || isYoung, takesOldAnswers || manifest.answers == draft.answers else { continue }
            }
            if let layer = try await state.store.use(manifest) { return layer }
        }
        return nil
    }

    private func reuse(_ layer: StoredLayer, hook: Hook?) async throws {
        let manifest = layer.manifest
        try await manifest.staged.apply(layer.stagedPath, to: workspace.hooksPath, runner: runner)
        if !manifest.mounts.isEmpty, let hook { layers?.replays.append((hook, manifest.mounts)) }
        note(layer)
        monitor.receive(.hookReused(manifest.hook))
        layers?.history.append(
            LayerState.HistoryEntry(
                hook: manifest.hook, layer: manifest.name, isReused: true, seconds: manifest.seconds))
    }

    /// The layer is the topmost now.
    func note(_ layer: StoredLayer) {
        layers?.tree.push(layer.treePath)
        layers?.used.append(layer)
        layers?.parent = layer.manifest.identifier
        layers?.indexes = layer.manifest.indexes
        layers?.hasResolver = layer.manifest.hasResolver
    }
}
