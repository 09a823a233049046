import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// Makes the key of a finished image: the tree that it is made from, and everything that decides what becomes of it.
///
/// Errs towards a miss, which costs the seconds of making a disk: every option and every variable counts but for those
/// that can be seen not to matter, and the programs of the host count by their size and time.
struct ImageKeyMaker {
    let plan: BuildPlan
    let workspace: BuildWorkspace
    let resources: ResourceLocator
    let keys: LayerKeyMaker
    /// Whether a variable's value must not be recognisable, not even by a digest.
    let isSecret: (_ name: String, _ value: String) -> Bool

    /// Options of a request that a finished image cannot show.
    ///
    /// The elements and packages are in the layers; what they bring for later phases counts as hooks do.
    private static let ignored: Set<String> = [
        "arguments", "argumentText", "cache", "elements", "elementsPath", "environment", "environmentElements",
        "imageCache", "imageName", "isOffline", "logfile", "minTmpfs", "overwritesOldImages", "packages", "skipBase",
        "traceLevel", "usesTmpfs",
    ]

    /// The key without the hooks: `topmost` is the identifier of the layer on top, and with it of all below.
    func key(topmost: String, image: FilePath) throws -> LayerKey {
        var key = LayerKey()
        try key.add("the tree", topmost)
        try key.add("the name of the image", image.string)
        try key.add("Ingot", Self.identity(of: resources.executable.string))
        try key.add("the kernel", Self.kernelRelease)
        for (name, text) in try options() { try key.add("option '\(name)'", text) }
        try key.add("the disk layout", plan.document.text)
        for tool in HostProbe.needs(of: plan).toolNames {
            guard let path = toolPath(tool) else { continue }
            try key.add("program '\(tool)'", Self.identity(of: path))
        }
        key.add("file '/etc/mke2fs.conf'", digest: try InputAsker.digest(ofFile: "/etc/mke2fs.conf"))
        for script in try EnvironmentScripts.read(stagedAt: workspace.hooksPath) {
            let name = "'\(EnvironmentScripts.directoryName)/\(script.lastComponent?.string ?? "")'"
            key.add(name, digest: try FileState.digest(ofBytes: script))
        }
        for name in plan.request.environment.names where counts(name) {
            try key.add("variable '\(name)'", plan.request.environment[name] ?? "")
        }
        return key
    }

    /// The hooks that will work on the disk, as they are staged now.
    func hooks(origins: HookOrigins) throws -> [Hook] {
        let rule = try HookFileNameRule(pattern: plan.request.environment["RUN_PARTS_REGEX"])
        return try HookPhase.allCases.filter { !$0.isLayered }.flatMap { phase in
            try HookListing.read(phase, stagedAt: workspace.hooksPath)?.hooks(matching: rule, origins: origins) ?? []
        }
    }

    /// What of a hook's own key is not said of the image already.
    func add(_ hook: LayerKey, of identity: HookIdentity, to key: inout LayerKey) {
        let general: Set = ["the layer below", "the version of Ingot", "the architecture"]
        for component in hook.components where !general.contains(component.name) {
            let place = "\(identity.phase.directoryName)/\(identity.name)"
            key.add("\(place): \(component.name)", digest: component.digest)
        }
    }

    private func counts(_ name: String) -> Bool {
        let value = plan.request.environment[name] ?? ""
        return !KeyVariables.never.contains(name) && !KeyVariables.isOfSession(name) && name != "ELEMENTS_PATH"
            && name != "LOGFILE" && !isSecret(name, value)
    }

    /// The fields of the request by their names: one that is added later counts until somebody says that it does not.
    private func options() throws -> [(String, String)] {
        let fields = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(plan.request)) as? [String: Any]
        return try (fields ?? [:]).filter { !Self.ignored.contains($0.key) }.sorted { $0.key < $1.key }.map {
            let text = try JSONSerialization.data(withJSONObject: [$0.value], options: [.sortedKeys])
            return ($0.key, String(decoding: text, as: UTF8.self))
        }
    }

    private func toolPath(_ name: String) -> String? {
        let path = HookEnvironment.searchPath(extending: plan.request.environment["PATH"])
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// A program that is installed anew has another size or time.
    private static func identity(of path: String) throws -> String {
        guard let entry = try TreeListing.walk(FilePath(path).resolved).entries.first else { return path }
        return "\(path) \(entry.size) \(entry.modified)"
    }

    private static var kernelRelease: String {
        (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? ""
    }
}

extension FilePath {
    fileprivate var resolved: FilePath { FilePath(URL(filePath: string).resolvingSymlinksInPath().path) }
}
