import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Many builds at once over one store, some killed at any moment: nothing corrupted, nothing lost, nothing left.
    ///
    /// `INGOT_STRESS_BUILDS` says how many (`make layer-stress`: 96, in rounds of sixteen).
    @Suite struct LayerStress {
        private static let flavours = 4

        private func prepare(_ sandbox: BuildSandbox) throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            try sandbox.addElement("it", ["element.yaml": "summary: It.\ninputs: []\n"])
            try sandbox.addHook("it", "extra-data.d/10-common", "sleep 0.1; echo common > \"$TMP_MOUNT_PATH/common\"")
            try sandbox.addHook(
                "it", "install.d/10-own", "mkdir -p /own; for i in $(cat /common) 1 2 3; do echo $i > /own/$i; done")
            try sandbox.addHook("it", "install.d/20-flavour", "echo \"$DIB_FLAVOUR\" > /flavour; rm /own/2; sleep 0.1")
            try sandbox.addHook("it", "post-install.d/30-last", "cat /flavour /own/3 > /last")
        }

        /// Words of the build of one flavour; each is made by several, to files of their own.
        private func words(_ number: Int) -> [String] {
            ["build", "-n", "--plain", "-t", "tar", "-o", "x\(number)", "small-os", "it"]
        }

        private func variables(_ number: Int) -> [String: String?] { ["DIB_FLAVOUR": "\(number % Self.flavours)"] }

        private func tree(_ sandbox: BuildSandbox, _ number: Int) throws -> String {
            let script = "tar -tvf \"$0\" | sed 's/ 20[0-9-]* [0-9:]* / /'; tar -xOf \"$0\" ./last ./flavour ./own/3"
            return try runTool("bash", ["-c", script, sandbox.file("x\(number).tar").string]).output
        }

        @Test(.timeLimit(.minutes(30)))
        func `sixteen builds at once with kills at random lose nothing`() async throws {
            let all = ProcessInfo.processInfo.environment["INGOT_STRESS_BUILDS"].flatMap { Int($0) } ?? 16
            try await withSandbox { sandbox in
                try prepare(sandbox)
                var random = SeededGenerator(seed: 16)
                for _ in 0..<max(1, all / 16) {
                    // Each round from an empty store: that is where builds meet.
                    let store = sandbox.home.appending(".cache/ingot/layers").string
                    try? FileManager.default.removeItem(atPath: store)
                    try await meet(sandbox, &random)
                    try await check(sandbox)
                }
            }
        }

        private func meet(_ sandbox: BuildSandbox, _ random: inout SeededGenerator) async throws {
            var builds: [Int: RunningBuild] = [:]
            for number in 0..<16 {
                builds[number] = try sandbox.start(words(number), environment: variables(number))
            }
            // Half of them die, each at a moment of its own, and begin anew.
            for number in (0..<16).shuffled(using: &random).prefix(8) {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1200, using: &random)))
                builds[number]?.send(SIGKILL)
                _ = try await builds[number]?.result()
                builds[number] = try sandbox.start(words(number), environment: variables(number))
            }
            for number in 0..<16 { try await builds[number]?.result().expectStatus(0) }
        }

        private func check(_ sandbox: BuildSandbox) async throws {
            for flavour in 0..<Self.flavours {
                let clean = try sandbox.start(
                    words(90 + flavour) + ["--no-cache"], environment: variables(flavour))
                try await clean.result().expectStatus(0)
                let expected = try tree(sandbox, 90 + flavour)
                for number in stride(from: flavour, to: 16, by: Self.flavours) {
                    #expect(try tree(sandbox, number) == expected, "build \(number)")
                }
                let again = try await sandbox.start(
                    words(80 + flavour), environment: variables(flavour)
                ).result()
                again.expectStatus(0)
                #expect(again.lines.filter { $0.contains("Reused the layer of") }.count == 5)
            }
            let verified = try await sandbox.start(["cache", "verify"]).result()
            // Three common layers, two of each flavour, an image of each build.
            let count = 3 + 2 * Self.flavours + 16 + Self.flavours
            #expect(verified.output == "\(count) layers checked, 0 damaged\n")
            let scratch = sandbox.home.appending(".cache/ingot/layers/v1/scratch").string
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
        }
    }
}
