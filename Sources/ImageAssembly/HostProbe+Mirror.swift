package import Basics
package import ImagePlanning
package import LinuxOS

extension HostProbe {
    /// Asks a mirror for the head of a page: the only check that takes the network, hence apart from the facts.
    ///
    /// `curl` does it, with the proxies of the environment, as the hooks do it later.
    package static func mirrorCheck(
        _ address: String, runner: any CommandRunner, environment: Environment
    ) async -> HostCheck {
        let title = "mirror"
        let command = Command(
            "curl",
            [
                "--silent", "--show-error", "--head", "--location", "--output", "/dev/null", "--max-time", "5",
                "--write-out", "%{http_code}", "--", address,
            ], environment: environment)
        do {
            let captured = try await runner.capture(command, limit: 64 << 10) { _ in }
            let answer = String(decoding: captured.standardOutput, as: UTF8.self)
            guard captured.outcome.status.isSuccess else {
                let reason = captured.outcome.lastLines.last ?? "curl ended with \(captured.outcome.status)"
                return HostCheck(title, .missing, "'\(address)' cannot be reached: \(reason)", remedy: advice)
            }
            // A mirror's root may forbid listing; any answer below 500 proves that the server is there.
            guard let status = Int(answer), status < 500 else {
                return HostCheck(title, .warning, "'\(address)' answers with status \(answer)", remedy: advice)
            }
            return HostCheck(title, .ok, "'\(address)' answers")
        } catch {
            return HostCheck(title, .missing, "cannot ask '\(address)': \(error)", remedy: advice)
        }
    }

    private static let advice = "set DIB_DISTRIBUTION_MIRROR to a mirror that this host can reach, or http_proxy"
}
