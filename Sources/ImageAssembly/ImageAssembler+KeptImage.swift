import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// What is known of a finished image before it is made.
struct ImageDraft {
    let layer: ImageAssembler.LayerDraft
    let lock: FileLock?
    /// Files beside it that begin with its name → what they were.
    let before: [String: String]
}

/// The finished image, kept whole: if nothing at all has changed, no disk is made (decision 22).
extension ImageAssembler {
    private var imagePath: FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(plan.imageName))
    }

    private func keptImage(_ layer: FilePath) -> KeptImage {
        KeptImage(layer: layer, directory: imagePath.removingLastComponent(), runner: runner)
    }

    /// Takes the image of an earlier build if this one would make it again; gives whether it did.
    func reuseImage() async throws -> Bool {
        guard let state = layers, state.policy.reusesImages || !state.policy.refreshes else { return false }
        guard let draft = try await imageDraft().draft else { return false }
        let lock = try await state.store.lock(draft.keyText) { [monitor] in
            monitor.receive(.output(line: "Another build is making this image; waiting for it", source: .engine))
        }
        if state.policy.reusesImages, let found = try await find(draft), try await publish(found) { return true }
        layers?.image = ImageDraft(layer: draft, lock: lock, before: siblings())
        return false
    }

    /// What a plan says of it.
    func forecastImage() async throws -> LayerForecast.Row? {
        guard let state = layers else { return nil }
        let identity = imageIdentity
        func row(_ reason: String?) -> LayerForecast.Row {
            LayerForecast.Row(
                phase: identity.phase, hook: identity.name, element: identity.element,
                outcome: reason == nil ? .hit : .miss, reason: reason, seconds: nil)
        }
        guard state.policy.reusesImages else { return row("--new-image") }
        let (draft, refusal) = try await imageDraft()
        guard let draft else { return row(refusal) }
        if let found = try await find(draft) {
            let names = found.manifest.outputs ?? []
            return row(keptImage(found.path).sources(names) == nil ? "its files are gone or have been changed" : nil)
        }
        return row(reason(draft, store: state.store).replacing("it has no layer yet", with: "none is kept yet"))
    }

    private var imageIdentity: HookIdentity {
        HookIdentity(element: "(image)", phase: .cleanup, name: imagePath.string)
    }

    // MARK: - Looking up

    /// The key of the image, or why it has none.
    private func imageDraft() async throws -> (draft: LayerDraft?, refusal: String?) {
        guard let state = layers, state.endReason == nil else { return (nil, "no layers are kept") }
        if plan.request.formats.contains(.tree(.docker)) { return (nil, "it goes to a container engine") }
        // It names every file of the elements, also those that no hook reads.
        if plan.request.writesProvenance { return (nil, "its provenance is to be of this build") }
        if !plan.request.fetching.isFree { return (nil, "what it fetches is noted in a lock, or taken from one") }
        for name in ["EXTRA_DETACH", "EXTRA_UNMOUNT"] where plan.request.environment.nonEmpty(name) != nil {
            return (nil, "the command of \(name) is to run")
        }
        let maker = ImageKeyMaker(
            plan: plan, workspace: workspace, resources: resources, keys: state.keys,
            isSecret: { [cacheTraits] in cacheTraits.isSecret($0, $1) })
        var key = try maker.key(topmost: state.parent, image: imagePath)
        var inputs: [ElementInput] = []
        var impurity: String?
        for hook in try maker.hooks(origins: plan.staging.origins) {
            let identity = phaseRunner(for: hook.phase).identity(hook)
            let isOnHost = hook.phase.place == .host && !state.hostEnvironment.names.isEmpty
            let visible = isOnHost ? state.hostEnvironment : environment.variables(for: hook.phase)
            let step = LayerKeyMaker.Step(identity: identity, file: hook.path, environment: visible)
            let (part, texts) = try state.keys.key(of: step, parent: "")
            if let secret = secret(named: texts, visible) { return (nil, "\(identity) sees the secret '\(secret)'") }
            maker.add(part, of: identity, to: &key)
            if let declared = state.descriptions.inputs(of: hook.element, in: visible) {
                inputs += declared + packageInputs(of: texts)
            } else if impurity == nil {
                impurity = "element '\(identity.element)', whose \(identity.name) works on the disk, declares no inputs"
            }
        }
        let draft = try await draft(key, imageIdentity, inputs)
        return (
            LayerDraft(
                key: draft.key, keyText: draft.keyText, identity: draft.identity, answers: draft.answers,
                impurity: draft.impurity ?? impurity), nil
        )
    }

    // MARK: - Taking it

    /// Gives the image its place, from the store where it is not there any more; false if it cannot be had whole.
    private func publish(_ found: StoredLayer) async throws -> Bool {
        let kept = keptImage(found.path)
        let names = found.manifest.outputs ?? []
        guard let sources = kept.sources(names) else { return false }
        let own = Set(plan.outputs.compactMap { FilePath($0.path).lastComponent?.string })
        let others = names.filter { name in !own.contains { name == $0 || name.hasPrefix($0 + ".") } }
        // What hooks have put beside the image is theirs to replace, once somebody else has changed it.
        for name in others where sources[name] == .store {
            if (try? kept.directory.appending(name).stat(followTargetSymlink: false)) != nil { return false }
        }
        let made = Date(timeIntervalSince1970: found.manifest.created).formatted(.iso8601)
        say("Nothing has changed since the build of \(made): the image is as it was")
        for output in plan.outputs {
            guard let name = FilePath(output.path).lastComponent?.string, sources[name] == .store else { continue }
            guard try await restore(name, output.format, kept) else { return false }
        }
        for name in names where !own.contains(name) && sources[name] == .store {
            try await kept.copy(name, to: kept.directory.appending(name))
        }
        try kept.record(names)
        layers?.used.append(found)
        try republishHistory(kept)
        // A ramdisk's plan has a disk that is not published; its files are those of its hooks.
        for output in plan.outputs where names.contains(FilePath(output.path).lastComponent?.string ?? "") {
            try announce(FilePath(output.path), output.format)
        }
        return true
    }

    /// Under a hidden name first, as a new image; one that is in the way is renamed as it would be by a new image.
    private func restore(_ name: String, _ format: OutputFormat, _ kept: KeptImage) async throws -> Bool {
        let path = FilePath(plan.imageName).removingLastComponent().appending(name)
        let partial = OutputNaming.partial(of: path)
        let absolute = FilePath(FileManager.default.currentDirectoryPath).pushing(partial)
        try Session.register(absolute)
        do { try await kept.copy(name, to: partial) } catch let error as CommandFailure {
            monitor.receive(.warning("the image that is kept cannot be copied: \(error)"))
            try TreeRemoval.remove(absolute)
            try Session.forget(absolute)
            return false
        }
        let naming = OutputNaming(overwritesOldImages: plan.request.overwritesOldImages, now: Date())
        if let line = try naming.publish(partial, as: path, keepsOld: !format.isArchive) { say(line) }
        try Session.forget(absolute)
        return true
    }

    /// As it was, but that nothing has run.
    private func republishHistory(_ kept: KeptImage) throws {
        guard let data = FileManager.default.contents(atPath: kept.historyPath.string) else { return }
        let history = try JSONDecoder().decode(BuildHistory.self, from: data)
        let entries = history.entries.map {
            BuildHistory.Entry(
                element: $0.element, phase: $0.phase, hook: $0.hook, seconds: $0.seconds, isReused: true,
                written: $0.written, removed: $0.removed)
        }
        try write(BuildHistory(image: history.image, entries: entries, packages: history.packages))
    }

    // MARK: - Keeping it

    /// Keeps what this build has published; of one image, the store has the youngest only.
    func keepImage() async throws {
        guard let state = layers, let draft = state.image, state.endReason == nil else { return }
        let now = siblings()
        let names = now.filter { draft.before[$0.key] != $0.value }.keys.sorted()
        guard !names.isEmpty, !state.policy.directory.isEmpty else { return }
        let folder = state.tree.imageFolder
        try FileManager.default.createDirectory(
            atPath: folder.appending("tree").string, withIntermediateDirectories: true)
        let kept = keptImage(folder)
        try await kept.keep(names)
        let record = FilePath(plan.imageName + BuildHistory.suffix)
        if let data = FileManager.default.contents(atPath: record.string) {
            try AtomicFile.write(data, to: kept.historyPath, permissions: .ownerReadWrite)
        }
        let listing = try TreeListing.walk(folder.appending("tree"))
        var manifest = LayerManifest(
            identifier: try identifier(draft.layer), keyText: draft.layer.keyText, parent: state.parent,
            hook: draft.layer.identity, key: draft.layer.key, answers: draft.layer.answers,
            impurity: draft.layer.impurity, created: Date().timeIntervalSince1970, seconds: 0, mounts: [],
            hasResolver: false, indexes: [], staged: StagedChanges(),
            contents: try LayerManifest.Contents(listing, isImage: true))
        manifest.outputs = names
        for other in state.store.manifests() where other.hook == manifest.hook {
            _ = try await state.store.remove(other.name)
        }
        if let layer = try await state.store.publish(folder, manifest) {
            layers?.used.append(layer)
        } else {
            try TreeRemoval.remove(folder)
        }
        draft.lock?.release()
    }

    /// What lies beside the image under its name and a suffix: its formats, checksums, and what hooks put there.
    private func siblings() -> [String: String] {
        let directory = imagePath.removingLastComponent()
        let stem = (imagePath.lastComponent?.string ?? "image") + "."
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        let log = plan.request.logfile.flatMap { FilePath($0).lastComponent?.string }
        let others = names.filter { $0.hasPrefix(stem) && $0 != log && !$0.hasSuffix(BuildHistory.suffix) }
        return Dictionary(
            others.compactMap { name in KeptImage.state(of: directory.appending(name)).map { (name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
