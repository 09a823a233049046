import Basics
import Elements
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// The question whether the mirrors of a plan answer: the only host check that takes the network, hence asked for.
///
/// Which mirrors those are is the elements' business: the variables they read, else what the shell function they ship
/// finds in the host's apt configuration. That file is sourced here, not imitated.
struct MirrorChecks: Sendable {
    let plan: BuildPlan
    let runner: any CommandRunner

    /// Empty for a plan without elements that fetch from a mirror.
    func checks() async -> [HostCheck] {
        guard let distribution = plan.distributionName else { return [] }
        let environment = plan.request.environment
        let mirrors = await mirrors(of: distribution)
        guard !mirrors.isEmpty else {
            return [
                HostCheck(
                    "mirror", .warning, "not asked: the bootstrap tool uses its own default",
                    remedy: "set DIB_DISTRIBUTION_MIRROR to know which mirror is used")
            ]
        }
        var checks: [HostCheck] = []
        for mirror in mirrors {
            checks.append(await HostProbe.mirrorCheck(mirror, runner: runner, environment: environment))
        }
        if let mirror = mirrors.first, checks.first?.status == .ok, let suite = plan.suite {
            let check = await HostProbe.architectureCheck(
                mirror, suite: suite, architecture: plan.request.architecture.name, runner: runner,
                environment: environment)
            checks += [check].compactMap(\.self)
        }
        return checks
    }

    /// The main archive and the security archive, as far as they are known, without repetition.
    func mirrors(of distribution: String) async -> [String] {
        let environment = plan.request.environment
        let prefix = "DIB_" + distribution.uppercased()
        var main =
            environment.nonEmpty(prefix + "_DISTRIBUTION_MIRROR") ?? environment.nonEmpty("DIB_DISTRIBUTION_MIRROR")
        var security = environment.nonEmpty(prefix + "_SECURITY_MIRROR")
        if main == nil || security == nil, let own = await hostMirrors(for: distribution) {
            main = main ?? own.main
            security = security ?? own.security
        }
        let found = [main, security].compactMap(\.self).filter { !$0.isEmpty }
        return found.enumerated().filter { !found[..<$0.offset].contains($0.element) }.map(\.element)
    }

    /// What `find_build_mirrors` of the elements makes of the host's apt configuration.
    private func hostMirrors(for distribution: String) async -> (main: String, security: String)? {
        guard let script = plan.staging.copies.first(where: { $0.destination == "apt-config/apt-mirrors.bash" }) else {
            return nil
        }
        let text = #"source "$1"; find_build_mirrors "$2" ""; printf '%s\n%s\n' "$APT_MIRROR" "$APT_SECURITY_MIRROR""#
        let command = Command(
            "bash", ["-c", text, "mirrors", script.source.string, distribution], environment: plan.request.environment)
        guard let output = try? await runner.output(of: command) else { return nil }
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return (lines.first ?? "", lines.count > 1 ? lines[1] : "")
    }
}

extension BuildPlan {
    /// The release of a distribution with archives of Debian's kind, as far as it is known without running anything.
    fileprivate var suite: String? {
        guard ["debian", "ubuntu"].contains(distributionName ?? "") else { return nil }
        if let given = request.environment.nonEmpty("DIB_RELEASE") { return given }
        for assignment in checks.assignments.reversed() where assignment.name == "DIB_RELEASE" {
            switch assignment.value {
            case .fixed(let name), .fallback(let name): return name
            case .computed: return nil
            }
        }
        return nil
    }

    /// The distribution that a plan's elements say they build (`export DISTRO_NAME=debian` in `environment.d`), if they
    /// fetch it from mirrors of packages.
    var distributionName: String? {
        let prefix = EnvironmentScripts.directoryName + "/"
        for copy in staging.copies where copy.destination.hasPrefix(prefix) {
            guard let text = try? String(contentsOfFile: copy.source.string, encoding: .utf8),
                let match = text.firstMatch(of: /(?m)^\s*export\s+DISTRO_NAME=["']?([a-z][a-z0-9-]*)["']?\s*$/)
            else { continue }
            return String(match.1)
        }
        return nil
    }
}
