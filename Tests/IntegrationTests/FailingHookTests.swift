import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Hooks that fail: the report, the exit status of compat-core section 1.4, and what is left: nothing.
    @Suite struct FailingHooks {
        @Test("a failing hook is reported and changes nothing", .timeLimit(.minutes(1)), arguments: ProbePhase.allCases)
        func reported(phase: ProbePhase) async throws {
            try await withSandbox { sandbox in
                let folder = "\(phase.rawValue).d"
                try sandbox.addHook("broken", "\(folder)/95-break-it", "echo the $((6 * 7)) reason; exit 43")
                try "older".write(toFile: sandbox.file("x.raw").string, atomically: false, encoding: .utf8)
                let result = try await sandbox.build(["-t", "raw,tar", "-o", "x", "fake-os", "broken"])
                result.expectStatus(phase == .blockDevice ? 1 : 43)
                #expect(
                    result.output.contains(
                        "error: hook '\(folder)/95-break-it' of element 'broken' failed (exit status 43)\n"))
                #expect(result.lines.contains("    | the 42 reason"))
                #expect(try sandbox.names(in: sandbox.output) == ["x.raw"])
                #expect(try sandbox.text("x.raw") == "older")
            }
        }

        @Test("an environment.d file that exits fails the phase with its status", .timeLimit(.minutes(1)))
        func environmentFile() async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement("broken", ["environment.d/20-broken": "echo so-it-ends\nexit 7\n"])
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "fake-os", "broken"])
                result.expectStatus(7)
                #expect(result.output.contains("error: environment.d failed before the root hooks (exit status 7)"))
                #expect(try sandbox.names(in: sandbox.output) == [])
            }
        }

        @Test("a root phase that leaves no tree is an error", .timeLimit(.minutes(1)))
        func emptyRoot() async throws {
            try await withSandbox { sandbox in
                try sandbox.addElement("no-os", ["element-provides": "operating-system\n"])
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "no-os"])
                result.expectStatus(1)
                #expect(result.output.contains("Failed to deploy the root element."))
            }
        }

        @Test(
            "a failing -p names the packages; 127 means that the image has no install-packages", .timeLimit(.minutes(1))
        )
        func packages() async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "-p", "vim,nano", "fake-os"])
                result.expectStatus(127)
                #expect(result.output.contains("error: cannot install vim, nano (exit status 127)"))
                #expect(result.output.contains("hint: the image has no 'install-packages' command"))
            }
        }

        @Test("after-error runs its command outside, with the tree still there", .timeLimit(.minutes(1)))
        func breakAfterError() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("broken", "install.d/50-break-it", "echo evidence > /tmp/flag; exit 44")
                let result = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os", "broken"],
                    environment: [
                        "break": "after-error", "break_outside_target": "1",
                        "break_cmd": "cp -v $TMP_MOUNT_PATH/tmp/flag \(sandbox.output) || true",
                    ])
                result.expectStatus(44)
                #expect(try sandbox.text("flag") == "evidence\n")
            }
        }
    }
}
