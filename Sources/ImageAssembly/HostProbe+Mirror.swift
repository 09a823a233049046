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

    /// Asks a mirror of Debian's kind whether it has packages of an architecture; nil if it does, or does not say.
    ///
    /// The field `Architectures` of a suite's `InRelease` tells (the repository format of Debian's wiki).
    package static func architectureCheck(
        _ address: String, suite: String, architecture: String, runner: any CommandRunner, environment: Environment
    ) async -> HostCheck? {
        let page = (address.hasSuffix("/") ? address : address + "/") + "dists/\(suite)/InRelease"
        let command = Command(
            "curl", ["--silent", "--fail", "--location", "--max-time", "5", "--", page], environment: environment)
        guard let text = try? await runner.output(of: command, limit: 4 << 20),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Architectures:") })
        else { return nil }
        let known = line.dropFirst("Architectures:".count).split(separator: " ").map(String.init)
        guard !known.contains(architecture) else { return nil }
        return HostCheck(
            "mirror", .missing,
            "'\(address)' has no \(architecture) packages of '\(suite)': \(known.joined(separator: ", "))",
            remedy: "set DIB_DISTRIBUTION_MIRROR to one that has; Ubuntu's is http://ports.ubuntu.com/ubuntu-ports")
    }

    private static let advice = "set DIB_DISTRIBUTION_MIRROR to a mirror that this host can reach, or http_proxy"
}
