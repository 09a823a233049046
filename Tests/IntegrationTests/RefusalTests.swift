import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Requests that cannot work: refused at once, with one line and a hint, and before anything is written.
    @Suite struct Refusals {
        struct Case: CustomTestStringConvertible, Sendable {
            let testDescription: String
            var arguments = ["-t", "raw", "-o", "x", "fake-os"]
            var environment: [String: String] = [:]
            let error: String
            let hint: String
        }

        static let cases = [
            Case(
                testDescription: "unknown element", arguments: ["-o", "x", "fake-os", "no-such-element"],
                error: "no-such-element", hint: "ELEMENTS_PATH"),
            Case(
                testDescription: "unknown format", arguments: ["-t", "qcow9", "-o", "x", "fake-os"],
                error: "qcow9", hint: "qcow2"),
            Case(
                testDescription: "no operating system", arguments: ["-o", "x", "install-bin"],
                error: "operating system", hint: "fake-os"),
            Case(
                testDescription: "no elements", arguments: ["-o", "x"],
                error: "At least one distribution root element must be specified", hint: "disk-image-create"),
            Case(
                testDescription: "unreadable block-device configuration",
                environment: ["DIB_BLOCK_DEVICE_CONFIG": "file:///does/not/exist.yaml"],
                error: "/does/not/exist.yaml", hint: "DIB_BLOCK_DEVICE_CONFIG"),
            Case(
                testDescription: "block-device configuration that is no YAML",
                environment: ["DIB_BLOCK_DEVICE_CONFIG": "- local_loop: {name: [image0"],
                error: "cannot parse block device configuration",
                hint: "DIB_BLOCK_DEVICE_CONFIG"),
            Case(
                testDescription: "block-device configuration that is no list",
                environment: ["DIB_BLOCK_DEVICE_CONFIG": "foo"], error: "foo", hint: "DIB_BLOCK_DEVICE_CONFIG"),
            Case(
                testDescription: "log file in a directory that does not exist",
                arguments: ["-t", "raw", "-o", "x", "--logfile", "no/such/log", "fake-os"],
                error: "'no/such' does not exist",
                hint: "--logfile"),
            Case(
                testDescription: "output directory that does not exist",
                arguments: ["-t", "raw", "-o", "dir/that/does/not/exist/x", "fake-os"],
                error: "dir/that/does/not/exist", hint: "mkdir -p dir/that/does/not/exist"),
            Case(
                testDescription: "output directory that is a file",
                arguments: ["-t", "raw", "-o", "/etc/passwd/x", "fake-os"],
                error: "'/etc/passwd'", hint: "directory"),
            Case(
                testDescription: "missing temporary directory", environment: ["TMPDIR": "/does/not/exist"],
                error: "/does/not/exist", hint: "TMPDIR"),
        ]

        @Test("an impossible request is refused before any effect", .timeLimit(.minutes(1)), arguments: cases)
        func refused(_ test: Case) async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.build(test.arguments, environment: test.environment)
                result.expectStatus(1)
                #expect(result.seconds < 1)
                try expectOneLine(result, error: test.error, hint: test.hint)
                try expectUntouched(sandbox)
            }
        }

        @Test(
            "a missing tool is refused with the command that installs it",
            .timeLimit(.minutes(1)), .requires(.tool("mkfs.ext4"), .tool("apt-get"), .tool("unshare")))
        func missingTool() async throws {
            try await withSandbox { sandbox in
                // Hidden in a mount namespace of its own: where the program looks, no PATH can hide it.
                let script = "mount --bind /dev/null $(readlink -f $(command -v mkfs.ext4)) && exec \"$@\""
                let result = try await sandbox.start(
                    program: "/usr/bin/env",
                    [
                        "unshare", "--mount", "--propagation", "slave", "bash", "-c", script, "bash",
                        Checkout.ingot.string,
                    ]
                        + ["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os"]
                ).result()
                result.expectStatus(1)
                #expect(result.seconds < 1)
                try expectOneLine(result, error: "mkfs.ext4", hint: "apt-get install -y e2fsprogs")
                try expectUntouched(sandbox)
            }
        }

        @Test("a search path without the administrator's directories is enough", .timeLimit(.minutes(1)))
        func shortSearchPath() async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os"], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
                result.expectStatus(0)
            }
        }

        private func expectOneLine(
            _ result: BuildResult, error: String, hint: String, sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let lines = result.lines
            #expect(lines.count == 2, "\(lines)", sourceLocation: sourceLocation)
            #expect(lines.first?.contains(error) == true, "\(lines)", sourceLocation: sourceLocation)
            #expect(lines.last?.hasPrefix("hint: ") == true, "\(lines)", sourceLocation: sourceLocation)
            #expect(lines.last?.contains(hint) == true, "\(lines)", sourceLocation: sourceLocation)
        }

        private func expectUntouched(_ sandbox: BuildSandbox, sourceLocation: SourceLocation = #_sourceLocation) throws
        {
            for directory in [sandbox.output, sandbox.home, sandbox.temporary] {
                #expect(try sandbox.names(in: directory) == [], sourceLocation: sourceLocation)
            }
        }
    }
}
