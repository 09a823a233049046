import Basics
import DiskFormats
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// Makes the keys of a build's layers: everything that a hook can read and that is known before it runs.
///
/// What is outside and has to be asked (`ElementInput`) is no part of the key but stands beside it, so that a build
/// without a network can still find its layers.
struct LayerKeyMaker {
    let plan: BuildPlan
    let workspace: BuildWorkspace
    let shared: SharedFiles
    /// Version and files of this program.
    private let engine: String
    private let variables: KeyVariables

    init(plan: BuildPlan, workspace: BuildWorkspace, resources: ResourceLocator, version: String) throws {
        self.plan = plan
        self.workspace = workspace
        variables = KeyVariables(workspace)
        var files: [SharedFiles.File] = []
        for element in plan.selection.elements { files += try Self.sharedFiles(of: element) }
        shared = SharedFiles(files)
        let own = try [resources.library, resources.shims].map { try InputAsker.digest(ofFile: $0.string) }
        engine = ([version] + own).joined(separator: " ")
    }

    /// What runs next: a hook, or the installation of packages that `-p` asks for.
    struct Step {
        let identity: HookIdentity
        /// The hook's file as staged; nothing for what the program does itself.
        let file: FilePath?
        /// For a step of the program's own: what it depends on, as text.
        var text = ""
        /// As the hook sees it on the host; inside the image, before `environment.d` is sourced there.
        let environment: Environment
    }

    /// The key, and the texts of all that the step can be seen to call.
    func key(of step: Step, parent: String) throws -> (key: LayerKey, texts: [HookText]) {
        var key = LayerKey()
        try key.add("the layer below", parent)
        try key.add("the version of Ingot", engine)
        try key.add("the architecture", "\(plan.request.architecture.name) \(step.identity.phase.place.rawValue)")
        try key.add("the hook's name", "\(step.identity.phase.directoryName)/\(step.identity.name)")
        let bytes = try step.file.map { [UInt8](try Data(contentsOf: URL(filePath: $0.string))) } ?? []
        let text = step.file == nil ? HookText(step.text + " install-packages") : HookText(bytes: bytes)
        if let file = step.file {
            key.add("the hook's bytes", digest: try FileState.digest(ofBytes: file))
            try key.add("the hook's mode", String(try file.stat().permissions.rawValue, radix: 8))
        } else {
            try key.add("the packages", step.text)
        }
        try addPhaseData(step.identity.phase, to: &key)
        let reach = shared.reach(of: text, pointers: pointers(step.environment))
        for file in reach.files { key.add("file '\(file.path)' of '\(file.element)'", digest: file.digest) }
        try addOtherPhases(text, step.identity.phase, to: &key)
        if step.identity.phase.place == .target { try addEnvironmentScripts(to: &key) }
        for (name, value) in variables.counted(step.environment, for: reach.texts) {
            try key.add("variable '\(name)'", value)
        }
        return (key, reach.texts)
    }

    /// Variables whose values lead into the staged tree.
    private func pointers(_ environment: Environment) -> Set<String> {
        let hooks = workspace.hooksPath.string
        return Set(environment.names.filter { environment[$0]?.contains(hooks) ?? false && $0 != "TMP_HOOKS_PATH" })
    }

    /// What lies among the hooks of the phase without being one: data, directories, other people's notes.
    private func addPhaseData(_ phase: HookPhase, to key: inout LayerKey) throws {
        let directory = workspace.hooksPath.appending(phase.directoryName)
        guard let listing = try HookListing.read(phase, stagedAt: workspace.hooksPath) else { return }
        let rule = try HookFileNameRule(pattern: plan.request.environment["RUN_PARTS_REGEX"])
        let hooks = Set(listing.hooks(matching: rule).map(\.fileName))
        for entry in listing.entries.sorted(by: { $0.name < $1.name }) where !hooks.contains(entry.name) {
            let place = "\(phase.directoryName)/\(entry.name)"
            key.add("'\(place)'", digest: try InputAsker.digest(ofFile: directory.appending(entry.name).string))
        }
    }

    /// The names in directories in the places of other phases, for a hook that goes there, as that of `install-types`.
    ///
    /// Hooks are no data of other hooks.
    private func addOtherPhases(_ text: HookText, _ phase: HookPhase, to key: inout LayerKey) throws {
        for other in HookPhase.allCases where other != phase && text.calls(other.directoryName) {
            let listing = try HookListing.read(other, stagedAt: workspace.hooksPath)
            for entry in listing?.entries.sorted(by: { $0.name < $1.name }) ?? [] where entry.isDirectory {
                let place = workspace.hooksPath.appending(other.directoryName).appending(entry.name)
                let names = try TreeListing.walk(place).entries.map { "\($0.path) \($0.mode)" }
                try key.add("names in '\(other.directoryName)/\(entry.name)'", names.joined(separator: "\n"))
            }
        }
    }

    /// Inside the image, the environment is made there: of the variables before, these scripts, and the layers below.
    private func addEnvironmentScripts(to key: inout LayerKey) throws {
        for script in try EnvironmentScripts.read(stagedAt: workspace.hooksPath) {
            let name = "'\(EnvironmentScripts.directoryName)/\(script.lastComponent?.string ?? "")'"
            key.add(name, digest: try FileState.digest(ofBytes: script))
        }
    }

    // MARK: - Files of elements

    /// What is never read by a hook: tests, texts for people, and what the engine itself reads.
    private static let left: Set<String> = [
        "tests", "__pycache__", "test-elements", "element.yaml", "element-deps", "element-provides",
        EnvironmentScripts.directoryName,
    ]

    private static func sharedFiles(of element: Element) throws -> [SharedFiles.File] {
        let phases = Set(HookPhase.allCases.map(\.directoryName))
        return try TreeListing.walk(element.path).entries.compactMap { entry in
            let top = String(entry.path.prefix { $0 != "/" })
            guard !entry.isDirectory, !left.contains(top), !phases.contains(top), !top.hasPrefix("."),
                !top.hasPrefix("README"), !(top.hasPrefix("block-device-") && top.hasSuffix(".yaml"))
            else { return nil }
            let path = element.path.pushing(FilePath(entry.path))
            let digest = try sha256(of: "\(entry.mode) \(try FileState.digest(of: path, entry))")
            // Through a link, whose text says nothing of what the program behind it reads.
            let status = try? path.stat()
            let isSmall = status?.type == .regular && (status?.size ?? 0) <= 1 << 20
            let bytes = isSmall ? [UInt8](try Data(contentsOf: URL(filePath: path.string))) : status == nil ? [] : [0]
            return SharedFiles.File(
                element: element.name.text, path: entry.path, digest: digest, text: HookText(bytes: bytes))
        }
    }
}
