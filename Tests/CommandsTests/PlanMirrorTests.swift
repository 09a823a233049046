import Basics
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// Which mirrors a plan asks: those that its elements would use.
@Suite struct PlanMirrorTests {
    private func checks(_ elements: [String], _ environment: [String: String]) throws -> MirrorChecks {
        let path = ["PATH": "/usr/bin:/bin"]
        var request = BuildRequest(
            mode: .native, environment: Environment(path.merging(environment) { $1 }), machine: "x86_64")
        request.elements = elements
        let plan = try BuildPlan.load(request, builtinElements: Checkout.elements, memoryAvailable: .gibibytes(8))
        return MirrorChecks(plan: plan, runner: SubprocessRunner())
    }

    private func mirrors(_ environment: [String: String]) async throws -> [String] {
        try await checks(["debian-minimal", "vm"], environment).mirrors(of: "debian")
    }

    @Test func variablesSayWhichMirrorsThereAre() async throws {
        let both = ["DIB_DISTRIBUTION_MIRROR": "http://m/d", "DIB_DEBIAN_SECURITY_MIRROR": "http://m/s"]
        #expect(try await mirrors(both) == ["http://m/d", "http://m/s"])
        let own = both.merging(["DIB_DEBIAN_DISTRIBUTION_MIRROR": "http://own"]) { $1 }
        #expect(try await mirrors(own) == ["http://own", "http://m/s"])
        let same = ["DIB_DISTRIBUTION_MIRROR": "http://m", "DIB_DEBIAN_SECURITY_MIRROR": "http://m"]
        #expect(try await mirrors(same) == ["http://m"])
    }

    @Test func otherwiseTheHostsOwnAreUsedByTheRuleOfTheElements() async throws {
        try await withScratchDirectory { etc in
            try FileManager.default.createDirectory(
                atPath: etc.appending("apt").string, withIntermediateDirectories: true)
            func write(_ text: String, _ name: String) throws {
                try text.write(toFile: etc.appending(name).string, atomically: true, encoding: .utf8)
            }
            let sources = "deb http://near/debian trixie main\ndeb http://near/security trixie-security main\n"
            try write(sources, "apt/sources.list")
            try write("ID=debian\nVERSION_CODENAME=trixie\n", "os-release")
            let environment = ["APT_MIRRORS_ETC": etc.string]
            #expect(try await mirrors(environment) == ["http://near/debian", "http://near/security"])
            let set = environment.merging(["DIB_DISTRIBUTION_MIRROR": "http://set"]) { $1 }
            #expect(try await mirrors(set) == ["http://set", "http://near/security"])
            try write("ID=ubuntu\nVERSION_CODENAME=noble\n", "os-release")
            #expect(try await mirrors(environment) == [])
            let checks = try await checks(["debian-minimal", "vm"], environment).checks()
            #expect(checks.map(\.status) == [.warning])
            #expect(checks.map(\.detail) == ["not asked: the bootstrap tool uses its own default"])
        }
    }

    @Test(.requires(.tool("curl"))) func aMirrorThatIsNotThereIsMissing() async throws {
        let nowhere = "http://127.0.0.1:9/debian"
        let environment = ["DIB_DISTRIBUTION_MIRROR": nowhere, "DIB_DEBIAN_SECURITY_MIRROR": nowhere]
        let checks = try await checks(["debian-minimal", "vm"], environment).checks()
        #expect(checks.map(\.status) == [.missing])
        #expect(checks.first?.detail.hasPrefix("'\(nowhere)' cannot be reached: ") == true)
    }

    @Test(
        "a mirror must have packages of the image's architecture", .requires(.tool("curl")),
        arguments: [("arm64", "stable", 0), ("amd64", "stable", 1), ("amd64", "unknown-there", 0)])
    func architectures(architecture: String, suite: String, missing: Int) async throws {
        try await withScratchDirectory { root in
            let folder = root.appending("dists/stable")
            try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            try "Suite: stable\nArchitectures: all arm64 riscv64\n".write(
                toFile: folder.appending("InRelease").string, atomically: true, encoding: .utf8)
            let mirror = try WebServerDouble(folder: root)
            defer { mirror.stop() }
            let environment = [
                "DIB_DISTRIBUTION_MIRROR": mirror.url, "DIB_DEBIAN_SECURITY_MIRROR": mirror.url,
                "ARCH": architecture, "DIB_RELEASE": suite,
            ]
            let checks = try await checks(["debian-minimal"], environment).checks()
            let bad = checks.filter { $0.status == .missing }.map(\.detail)
            #expect(
                bad
                    == Array(
                        repeating: "'\(mirror.url)' has no amd64 packages of 'stable': all, arm64, riscv64",
                        count: missing))
        }
    }

    @Test func elementsWithoutADistributionAskNobody() async throws {
        try await withScratchDirectory { root in
            let element = root.appending("tiny")
            try FileManager.default.createDirectory(atPath: element.string, withIntermediateDirectories: true)
            try "operating-system\n".write(
                toFile: element.appending("element-provides").string, atomically: true, encoding: .utf8)
            let environment = ["ELEMENTS_PATH": root.string, "SKIP_BASE": "1", "DIB_DISTRIBUTION_MIRROR": "http://x"]
            #expect(try await checks(["tiny"], environment).checks() == [])
        }
    }
}
