import Basics
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// What it takes to go on with a build that has failed; kept in the layer store, of the last one only.
struct RetryRecord: Codable, Equatable {
    let program: String
    let mode: BuildRequest.Mode
    let arguments: [String]
    let directory: String
    /// Without secrets.
    let environment: Environment
    let secretNames: [String]
    /// Layers that the build has found or made.
    let layers: [String]

    init(_ plan: BuildPlan, layers: [String]) {
        let request = plan.request
        let programs: [BuildRequest.Mode: String] = [
            .native: "ingot build", .disk: "disk-image-create", .ramdisk: "ramdisk-image-create",
        ]
        program = programs[request.mode] ?? "ingot build"
        mode = request.mode
        arguments = request.arguments
        directory = FileManager.default.currentDirectoryPath
        let declared = plan.descriptions.secretNames
        func isSecret(_ name: String, _ value: String) -> Bool {
            !value.isEmpty && (declared.contains(name) || SecretMask.isSecret(name: name, value: value))
        }
        environment = request.environment.filter { !isSecret($0, $1) }
        secretNames = request.environment.names.filter { isSecret($0, request.environment[$0] ?? "") }
        self.layers = layers
    }

    /// The file of a store; only its owner can read it.
    struct Place {
        private let isOn: Bool
        private let path: FilePath

        init(_ policy: CachePolicy) {
            isOn = policy.isOn
            path = FilePath(policy.directory).appending("retry.json")
        }

        func read() -> RetryRecord? {
            guard let data = FileManager.default.contents(atPath: path.string) else { return nil }
            return try? JSONDecoder().decode(RetryRecord.self, from: data)
        }

        /// A record that cannot be written costs nothing but the chance to resume.
        func write(_ plan: BuildPlan, layers: [String]) {
            guard isOn, !layers.isEmpty, let data = try? JSONEncoder().encode(RetryRecord(plan, layers: layers)) else {
                return
            }
            try? AtomicFile.write(data, to: path, permissions: .ownerReadWrite)
        }

        /// After a success there is nothing to go on with.
        func remove() {
            if isOn { unlink(path.string) }
        }
    }
}
