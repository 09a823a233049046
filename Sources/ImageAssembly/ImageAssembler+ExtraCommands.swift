import Basics
import Elements
import ImagePlanning
import LinuxOS

/// The caller's own commands at the release of a tree (compat-core section 2.1), split into words and not quoted again.
extension ImageAssembler {
    /// Runs `EXTRA_DETACH` and, unless it is the last release, `EXTRA_UNMOUNT`.
    func runExtraCommands(isLast: Bool) async throws {
        hasRunLastExtraCommands = hasRunLastExtraCommands || isLast
        for name in isLast ? ["EXTRA_DETACH"] : ["EXTRA_DETACH", "EXTRA_UNMOUNT"]
        where plan.request.environment.nonEmpty(name) != nil {
            let monitor = monitor
            var variables = environment.variables(for: .cleanup)
            variables[name] = plan.request.environment[name]
            let outcome = try await runner.run(Command("bash", ["-c", "$\(name)"], environment: variables)) {
                monitor.receive(.output(line: $0, source: .tool(name)))
            }
            guard outcome.status.isSuccess else {
                throw AssemblyError(
                    .toolFailed(name, status: outcome.status.shellStatus),
                    "the command of \(name) failed (\(outcome.status))", lastLines: outcome.lastLines)
            }
        }
    }

    /// After a failure; what else goes wrong then hides nothing.
    func runExtraCommandsUnlessDone() async {
        if !hasRunLastExtraCommands { try? await runExtraCommands(isLast: false) }
    }
}
