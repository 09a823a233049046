import Foundation
import SystemPackage
import TestSupport
import Testing

/// `dib-run-parts` as its callers know it: selection, order, environment files, output, status.
@Suite("dib-run-parts")
struct RunPartsTests {
    private let program = Checkout.resources.appending("lib/dib-run-parts").string
    private let variables = ["PATH": "/usr/bin:/bin"]

    /// A directory of hooks that print their name and X, next to what must not run.
    private func makeHooks(in scratch: FilePath) throws -> FilePath {
        let hooks = scratch.appending("install.d")
        for name in ["00-z", "open-x", "9-a", "010-d", "10-a", "10-b", "100-c", "20-dotted.sh"] {
            try write("#!/bin/sh\necho \"\(name) ${X:-}\"\n", to: hooks.appending(name), mode: 0o755)
        }
        try write("#!/bin/sh\necho data\n", to: hooks.appending("30-not-executable"))
        let manager = FileManager.default
        try manager.createDirectory(atPath: hooks.appending("40-directory").string, withIntermediateDirectories: true)
        try manager.createSymbolicLink(atPath: hooks.appending("60-link").string, withDestinationPath: "10-a")
        try manager.createSymbolicLink(atPath: hooks.appending("70-dangling").string, withDestinationPath: "nowhere")
        return hooks
    }

    @Test("names sort by leading number, then by bytes; others are not listed")
    func list() async throws {
        try await withScratchDirectory { scratch in
            let hooks = try makeHooks(in: scratch)
            let result = try runTool(program, ["--list", hooks.string], environment: variables)
            let expected = ["00-z", "open-x", "9-a", "010-d", "10-a", "10-b", "60-link", "100-c"]
            #expect(result.output == expected.map { "\(hooks)/\($0)\n" }.joined())
            #expect(result.status == 0)
        }
    }

    @Test("environment files are sourced in byte order, before the first script")
    func environment() async throws {
        try await withScratchDirectory { scratch in
            let hooks = try makeHooks(in: scratch)
            for name in ["10-b", "100-c", "9-a", "foo.bash"] {
                let text = "export X=${X:-}${X:+ }$(basename ${BASH_SOURCE[0]})\nreturn 0\nexport X=never\n"
                try write(text, to: scratch.appending("environment.d/\(name)"))
            }
            try write("exit 1\n", to: scratch.appending("environment.d/not a name"))
            let result = try runTool(program, [hooks.string], environment: variables)
            let printed = result.output.split(separator: "\n").filter {
                !$0.hasPrefix("dib-run-parts") && !$0.hasPrefix("+")
            }
            #expect(printed.first == "00-z 10-b 100-c 9-a foo.bash")
            #expect(printed.count == 8)
        }
    }

    @Test("progress and the profile table go to standard error, rows in byte order")
    func output() async throws {
        try await withScratchDirectory { scratch in
            let hooks = scratch.appending("install.d")
            for name in ["9-a", "10-b"] { try write("#!/bin/sh\n", to: hooks.appending(name), mode: 0o755) }
            let shell = "\"$0\" \"$1\" 2>&1 >/dev/null"
            let result = try runTool("/bin/bash", ["-c", shell, program, hooks.string], environment: variables)
            let text = result.output.replacing(/[0-9]\.[0-9]{3}\n/, with: "0.000\n")
            #expect(
                text == """
                    dib-run-parts Running \(hooks)/9-a
                    dib-run-parts 9-a completed
                    dib-run-parts Running \(hooks)/10-b
                    dib-run-parts 10-b completed
                    dib-run-parts ----------------------- PROFILING -----------------------
                    dib-run-parts\u{20}
                    dib-run-parts Target: install.d
                    dib-run-parts\u{20}
                    dib-run-parts Script                                     Seconds
                    dib-run-parts ---------------------------------------  ----------
                    dib-run-parts\u{20}
                    dib-run-parts 10-b                                          0.000
                    dib-run-parts 9-a                                           0.000
                    dib-run-parts\u{20}
                    dib-run-parts --------------------- END PROFILING ---------------------

                    """)
        }
    }

    @Test(
        "the status is that of the script or environment file that failed, and nothing runs after it",
        arguments: [
            ("#!/bin/sh\nexit 42\n", "", 42, false), ("#!/bin/sh\n", "exit 9\n", 9, false),
            ("#!/bin/sh\n", "echo $DIB_NO_SUCH_NAME\n", 1, false), ("#!/bin/sh\n", "false\n", 1, false),
            ("#!/bin/sh\nfalse\ntrue\n", "X=1\n", 0, true),
        ])
    func status(script: String, environmentFile: String, expected: Int32, later: Bool) async throws {
        try await withScratchDirectory { scratch in
            let hooks = scratch.appending("install.d")
            try write(script, to: hooks.appending("10-first"), mode: 0o755)
            try write("#!/bin/sh\necho later-ran\n", to: hooks.appending("20-later"), mode: 0o755)
            try write(environmentFile, to: scratch.appending("environment.d/50-x"))
            let result = try runTool(program, [hooks.string], environment: variables)
            #expect(result.status == expected)
            #expect(result.output.contains("later-ran") == later)
        }
    }

    @Test("an empty directory is no failure, a missing one is")
    func edges() async throws {
        try await withScratchDirectory { scratch in
            #expect(try runTool(program, [scratch.string], environment: variables).status == 0)
            let missing = try runTool(program, ["\(scratch)/none"], environment: variables)
            #expect(
                missing.output.hasPrefix(
                    "dib-run-parts Scripts directory [\(scratch)/none] must exist and be a directory\n"))
            #expect(missing.status == 1)
            #expect(try runTool(program, [], environment: variables).status == 1)
        }
    }

    @Test("tracing names what is left out")
    func trace() async throws {
        try await withScratchDirectory { scratch in
            let hooks = try makeHooks(in: scratch)
            let result = try runTool(
                program, [hooks.string], environment: variables.merging(["DIB_DEBUG_TRACE": "1"]) { $1 })
            #expect(result.output.contains("dib-run-parts Ignoring non-executable files: 30-not-executable\n"))
            #expect(result.output.contains("dib-run-parts Ignoring non-conforming filenames: 20-dotted.sh\n"))
        }
    }
}
