import Basics
import Glibc

/// Looks programs up before anything is started, so that a missing one is said in one line with what to install.
struct ToolPath: Sendable {
    let path: String

    init(_ environment: Environment) {
        path = environment.nonEmpty("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin"
    }

    func has(_ tool: String) -> Bool {
        path.split(separator: ":").contains { access("\($0)/\(tool)", X_OK) == 0 }
    }

    /// Refuses unless the tool is there.
    func require(_ tool: String, package: String, for attempt: String) throws(BootTestError) {
        guard !has(tool) else { return }
        throw BootTestError(
            .missingTool, attempt, "'\(tool)' is not installed", hint: "apt-get install \(package)")
    }
}
