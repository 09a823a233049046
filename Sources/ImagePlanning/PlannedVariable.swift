import Basics
import Elements
import SystemPackage

/// A variable that hooks will see before `environment.d` is sourced, and where its value comes from.
package struct PlannedVariable: Hashable, Sendable, Codable {
    package enum Origin: String, Hashable, Sendable, Codable {
        case caller
        /// An option of the command line, or the default of one.
        case option
        /// The element graph.
        case elements
        /// The block-device configuration.
        case blockDevice = "block device"
        /// Paths of the build.
        case workspace
        /// The program itself.
        case engine
    }

    package let name: String
    package let value: String
    package let origin: Origin

    package init(name: String, value: String, origin: Origin) {
        self.name = name
        self.value = value
        self.origin = origin
    }
}

/// A bash file of an element that will be sourced before the hooks of every phase, and the names it exports.
package struct PlannedEnvironmentScript: Hashable, Sendable, Codable {
    package let element: String
    package let fileName: String
    package let exports: [String]
}

extension BuildPlan {
    /// The variables of the hooks, sorted by name.
    package func variables(program: HookEnvironment.ProgramPaths) -> [PlannedVariable] {
        let workspace = BuildWorkspace(planned: FilePath(workspacePolicy.parentDirectory))
        let environment = hookEnvironment(in: workspace, program: program).common
        let exports = Set(ElementExports(selection.elements).environment.names)
        let disk = Set(blockDevice.pairs.map(\.name))
        return environment.names.map { name in
            let value = environment[name] ?? ""
            return PlannedVariable(name: name, value: value, origin: origin(name, value, exports: exports, disk: disk))
        }
    }

    private func origin(
        _ name: String, _ value: String, exports: Set<String>, disk: Set<String>
    ) -> PlannedVariable.Origin {
        if exports.contains(name) { return .elements }
        if disk.contains(name) { return .blockDevice }
        if name.hasPrefix("TMP_") || name == "DIB_BLOCK_DEVICE_PARAMS_YAML" || name == "OUT_IMAGE_PATH" {
            return .workspace
        }
        if request.environment[name] == value { return .caller }
        let engine = ["_LIB", "DIB_ENV", "LC_ALL", "INGOT", "PS4", "PATH", "DIB_PYTHON_EXEC"]
        return engine.contains(name) || name.hasPrefix("BASH_FUNC_") ? .engine : .option
    }
}
