import Foundation
import SystemPackage
import TestSupport
import Testing

/// `dib-lint` as a program.
@Suite struct LintTests {
    private func lint(_ arguments: [String], in directory: FilePath) throws -> ToolResult {
        try runTool(Checkout.ingot.string, ["dib-lint"] + arguments, directory: directory.string)
    }

    @Test func ourOwnElementsPass() throws {
        // scripts/check-shell runs shellcheck over all of them at once.
        let result = try lint(["--no-shellcheck"], in: Checkout.root)
        #expect(result.output == "PASS\n")
        #expect(result.status == 0)
    }

    @Test(.requires(.tool("git"), .tool("shellcheck"))) func findingsFailAndIgnoredFilesDoNotCount() async throws {
        try await withScratchDirectory { root in
            let hooks = root.appending("elements/web/install.d")
            try FileManager.default.createDirectory(atPath: hooks.string, withIntermediateDirectories: true)
            let script = "#!/bin/bash\nset -eu\nset -o pipefail\n# DIB_DEBUG_TRACE\n"
            for (name, text) in [("10-a", script + "read x\necho hello\ny=1\n"), ("20-b", "#!/bin/bash\n")] {
                let path = hooks.appending(name).string
                try text.write(toFile: path, atomically: false, encoding: .utf8)
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            }
            try "20-b\n".write(toFile: root.appending(".gitignore").string, atomically: false, encoding: .utf8)
            _ = try runTool("git", ["init", "-q"], directory: root.string)
            let result = try lint([], in: root)
            #expect(result.output == "ERROR: elements/web has no README.rst\n*** FAIL: Some tests failed!\n")
            #expect(result.status == 1)
            let checked = try lint(["--shellcheck", "elements/web"], in: root)
            #expect(checked.output.contains("ERROR: elements/web/install.d/10-a:7:"), "\(checked.output)")
        }
    }

    @Test(.requires(.tool("shellcheck"))) func aScaffoldPassesAndAnElementYAMLBringsShellcheckAlong() async throws {
        try await withScratchDirectory { root in
            let made = try runTool(Checkout.ingot.string, ["element", "new", "./web"], directory: root.string)
            #expect(made.status == 0, "\(made.output)")
            #expect(try lint(["web"], in: root) == ToolResult(status: 0, output: "PASS\n"))
            let hook = root.appending("web/install.d/50-web").string
            let text = try String(contentsOfFile: hook, encoding: .utf8)
            try (text + "unused=$DIB_WEB_COLOUR\n").write(toFile: hook, atomically: false, encoding: .utf8)
            let result = try lint(["web"], in: root)
            #expect(
                result.output.contains(
                    "ERROR: web/element.yaml does not declare the variable DIB_WEB_COLOUR, which the element reads\n"))
            #expect(result.output.contains("[SC2034]"), "\(result.output)")
        }
    }
}
