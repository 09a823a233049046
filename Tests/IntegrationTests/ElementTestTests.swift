import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `ingot element test`: each test of an element is a build with this program.
    @Suite struct ElementTests {
        private func run(_ sandbox: BuildSandbox, _ arguments: String...) async throws -> BuildResult {
            try await sandbox.start(["element", "test"] + arguments).result()
        }

        private func addTest(_ name: String, _ body: String, formats: String? = nil, in sandbox: BuildSandbox) throws {
            let folder = "web/test-elements/\(name)"
            try sandbox.addElement(folder, ["element-deps": "fake-os\n"])
            try sandbox.addHook(folder, "extra-data.d/50-\(name)", body)
            if let formats { try sandbox.addElement(folder, ["test-output-formats": formats]) }
        }

        @Test("tests pass, fail and are expected to fail", .timeLimit(.minutes(2)))
        func verdicts() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("web", "root.d/50-web", "echo page > $TARGET_ROOT/page")
                try addTest("a-good", "grep page $TMP_MOUNT_PATH/page", formats: "tar raw\n", in: sandbox)
                try addTest("b-bad", "grep other $TMP_MOUNT_PATH/page", in: sandbox)
                try addTest("c-no-such-format", ":", formats: "tapestry\n", in: sandbox)
                let result = try await run(sandbox, "web")
                result.expectStatus(1)
                let lines = result.output.split(separator: "\n").map { $0.replacing(/\(\d+ s\)/, with: "(N s)") }
                let log = "\(sandbox.temporary)/ingot-test-web-"
                #expect(lines.first == "pass  web/a-good  (N s)")
                #expect(
                    lines.dropFirst().first?.hasPrefix(
                        "FAIL  web/b-bad: the build failed with status 1; the log is \(log)") == true)
                #expect(
                    lines.dropFirst(2).first
                        == "FAIL  web/c-no-such-format: unknown output format 'tapestry' in '-t tapestry'")
                #expect(lines.last == "3 tests: 1 passed, 2 failed, 0 skipped")
                let bad = try #require(lines.first { $0.contains("b-bad") }?.split(separator: "log is ").last)
                #expect(try String(contentsOfFile: String(bad), encoding: .utf8).contains("50-b-bad"))
            }
        }

        @Test("one test by name leaves nothing behind", .timeLimit(.minutes(1)))
        func oneTest() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("web", "root.d/50-web", ":")
                try addTest("good", ":", in: sandbox)
                try sandbox.addElement("web/test-elements/stops", ["element-deps": "fake-os\n"])
                // After-error acts in phases inside the image, which is what the mark is for; see compat-core 8.3.
                try sandbox.addHook(
                    "web/test-elements/stops", "install.d/50-stops", "touch /tmp/dib-test-should-fail\nexit 1")
                let result = try await run(sandbox, "\(sandbox.elements)/web", "stops", "good")
                result.expectStatus(0)
                #expect(result.output.hasSuffix("2 tests: 2 passed, 0 failed, 0 skipped\n"), "\(result.output)")
                #expect(try sandbox.names(in: sandbox.temporary) == [])
                let unknown = try await run(sandbox, "web", "goood")
                #expect(unknown.output == "error: element 'web' has no test 'goood'\nhint: it has: good, stops\n")
            }
        }
    }
}
