import Basics
import Commands
import Foundation
import SystemPackage
import TestSupport
import Testing

private func run(_ arguments: [String], in environment: Environment = Environment()) -> ToolOutcome {
    ElementInfoCommand.outcome(arguments: arguments, environment: environment, usageStatus: 2)
}

@Suite struct ElementInfoCommandTests {
    /// Two directories of elements; `os` is in both.
    private func withElements(_ body: (_ root: FilePath, _ environment: Environment) throws -> Void) async throws {
        try await withScratchDirectory { root in
            let files = [
                "one/os/element-provides": "operating-system\n", "one/os/element-deps": "tool\n", "one/tool/README": "",
                "two/os/README": "", "two/alone/README": "",
            ]
            for (name, text) in files {
                let path = URL(fileURLWithPath: root.appending(name).string)
                try FileManager.default.createDirectory(
                    at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: path)
            }
            try body(root, Environment(["ELEMENTS_PATH": "\(root)/one:\(root)/two"]))
        }
    }

    @Test func namesArePrintedOnOneLineAndWarningsElsewhere() async throws {
        try await withElements { root, environment in
            let outcome = run(["os", "alone"], in: environment)
            let warning = "warning: Element <\(root)/one/os> overrides <\(root)/two/os>\n"
            #expect(outcome == ToolOutcome(output: "os alone tool\n", diagnostics: warning))
        }
    }

    @Test(.requires(.tool("bash")), arguments: ["-e", "--env"]) func bashCanEvaluateTheEnvironment(flag: String)
        async throws
    {
        try await withElements { root, environment in
            let outcome = run([flag, "os"], in: environment)
            let script =
                "eval \"$0\"; env | grep ^IMAGE_ELEMENT=; printf %s \"$IMAGE_ELEMENT_YAML\"; bash -c get_image_element_array"
            let result = try runTool("bash", ["-euc", script, outcome.output], environment: ["PATH": "/usr/bin:/bin"])
            #expect(
                result.output == """
                    IMAGE_ELEMENT=os tool
                    os: \(root)/one/os
                    tool: \(root)/one/tool
                    [os]=\(root)/one/os [tool]=\(root)/one/tool \n
                    """)
        }
    }

    @Test func errorsGoToStderrWithStatusOne() async throws {
        try await withElements { _, environment in
            let missing = run(["so"], in: environment)
            #expect(
                missing
                    == ToolOutcome(
                        diagnostics: "error: Element 'so' not found\nhint: did you mean 'os'?\n", status: 1))
            let lonely = run(["alone"], in: environment)
            #expect(
                lonely
                    == ToolOutcome(
                        diagnostics: "error: Please include an operating system element\nhint: one of: os\n", status: 1)
            )
            let unset = run(["os"])
            #expect(unset == ToolOutcome(diagnostics: "error: $ELEMENTS_PATH must be set.\n", status: 1))
        }
    }

    @Test func withoutElementsTheUsageIsShownWithStatusTwo() throws {
        let outcome = run([], in: Environment(["ELEMENTS_PATH": "/"]))
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(outcome.diagnostics.hasPrefix("usage: element-info [--env] [<elements> ...]\nerror: "))
    }

    @Test func anUnknownOptionHasStatusTwoAndHelpNone() {
        let unknown = run(["--nonsense", "os"])
        #expect(unknown.status == 2)
        #expect(unknown.output.isEmpty)
        #expect(unknown.diagnostics.hasPrefix("Error: Unknown option '--nonsense'\n"))
        let help = run(["--help"])
        #expect(help.status == 0)
        #expect(help.diagnostics.isEmpty)
        #expect(help.output.contains("get_image_element_array"))
    }
}
