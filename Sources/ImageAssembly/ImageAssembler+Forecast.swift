import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

extension ImageAssembler {
    /// Looks up the layers that a build would look up, and says why it would not find the first one that is missing.
    ///
    /// Stages the hooks in a directory of its own and sources `environment.d` there; no hook runs and nothing is mounted.
    /// Nothing for a build without layers.
    package func forecast() async throws -> LayerForecast? {
        let policy = plan.request.cache
        guard policy.isOn, plan.request.environment.nonEmpty("break") == nil,
            let store = LayerStore(existing: policy.directory)
        else { return nil }
        let parent = FilePath(plan.workspacePolicy.parentDirectory)
        let temporary = try TemporaryDirectory.create(in: parent, prefix: "dib_plan.")
        defer { try? temporary.remove() }
        workspace = BuildWorkspace(
            buildDirectory: temporary.path.appending("build"), imageDirectory: temporary.path.appending("image"))
        for path in [workspace.hooksPath, workspace.mountPath] {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        }
        environment = plan.hookEnvironment(in: workspace, program: resources.programPaths)
        try addShims()
        layers = try layerState(store, LayeredTree(mountPath: workspace.mountPath, scratch: temporary.path), policy)
        defer { layers = nil }
        try await stageHooks()
        var rows: [LayerForecast.Row] = []
        for phase in HookPhase.allCases where phase.isLayered {
            if phase == .extraData { try writeInstallType() }
            rows += try await forecast(phase, hasMissed: rows.contains { $0.outcome != .hit })
            if phase == .install, !plan.request.packages.isEmpty {
                rows.append(try await forecast(installationStep, inputs: [], hook: nil, after: rows))
            }
        }
        let image = rows.allSatisfy { $0.outcome == .hit } ? try await forecastImage() : nil
        return LayerForecast(rows: rows, image: image, hasAsked: !takesOldAnswers)
    }

    private func forecast(_ phase: HookPhase, hasMissed: Bool) async throws -> [LayerForecast.Row] {
        let phaseRunner = self.phaseRunner(for: phase)
        guard let hooks = try phaseRunner.hooks() else { return [] }
        var visible = environment.variables(for: phase)
        if phase.place == .host, !hasMissed {
            visible = try await phaseRunner.sourcedEnvironment()
            layers?.hostEnvironment = visible
        }
        var rows: [LayerForecast.Row] = []
        for hook in hooks {
            let identity = phaseRunner.identity(hook)
            guard !hasMissed, rows.allSatisfy({ $0.outcome == .hit }) else {
                rows.append(row(identity, .after))
                continue
            }
            let step = LayerKeyMaker.Step(identity: identity, file: hook.path, environment: visible)
            let inputs = layers?.descriptions.inputs(of: hook.element, in: layers?.hostEnvironment ?? visible)
            rows.append(try await forecast(step, inputs: inputs, hook: hook, after: []))
        }
        return rows
    }

    private func forecast(
        _ step: LayerKeyMaker.Step, inputs: [ElementInput]?, hook: Hook?, after rows: [LayerForecast.Row]
    ) async throws -> LayerForecast.Row {
        guard let state = layers, rows.allSatisfy({ $0.outcome == .hit }) else { return row(step.identity, .after) }
        let (key, texts) = try state.keys.key(of: step, parent: state.parent)
        if let secret = secret(named: texts, step.environment) {
            return row(step.identity, .miss, "it sees the secret '\(secret)': no layer holds one")
        }
        let draft = try await draft(key, step.identity, inputs.map { $0 + packageInputs(of: texts) })
        guard let found = try await find(draft) else {
            return row(step.identity, .miss, reason(draft, store: state.store))
        }
        try await found.manifest.staged.apply(found.stagedPath, to: workspace.hooksPath, runner: runner)
        note(found)
        return row(step.identity, .hit, seconds: found.manifest.seconds)
    }

    /// Compares with the layer of this hook that was used last.
    func reason(_ draft: LayerDraft, store: LayerStore) -> String {
        let same = store.manifests().filter { $0.hook == draft.identity }
        guard let last = same.max(by: { store.lastUse(of: $0.name) < store.lastUse(of: $1.name) }) else {
            return "it has no layer yet"
        }
        if let difference = draft.key.firstDifference(from: last.key) { return difference }
        if plan.request.cache.refreshes { return "--refresh reuses none" }
        let known = Dictionary(
            last.answers.map { ($0.question, $0.digest) }, uniquingKeysWith: { first, _ in first })
        for answer in draft.answers where known[answer.question] != answer.digest {
            return "input '\(answer.question)' " + (known[answer.question] == nil ? "is new" : "has changed")
        }
        if let impurity = draft.impurity ?? last.impurity { return "\(impurity); --cache-ttl allows it for a time" }
        return "its layer is gone"
    }

    private func row(
        _ identity: HookIdentity, _ outcome: LayerForecast.Outcome, _ reason: String? = nil, seconds: Double? = nil
    ) -> LayerForecast.Row {
        LayerForecast.Row(
            phase: identity.phase, hook: identity.name, element: identity.element, outcome: outcome, reason: reason,
            seconds: seconds)
    }
}
