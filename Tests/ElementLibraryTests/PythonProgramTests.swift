import Foundation
import SystemPackage
import TestSupport
import Testing

/// `DIB_PYTHON_EXEC`: Python programs of foreign elements, started as upstream's hooks start them.
@Suite("Python programs of elements")
struct PythonProgramTests {
    private static let python = Checkout.resources.appending("shims").appending("dib-python").string

    private static let program = """
        import logging
        from diskimage_builder import logging_config
        logging_config.setup()
        logger = logging.getLogger("squash")
        logger.debug("considering %s", "vim")
        logger.info("merging")
        """

    @Test(
        "logging is set up as upstream does it, and DIB_DEBUG_TRACE switches debug messages on",
        .requires(.tool("python3")),
        arguments: [
            ("0", "INFO squash [-] merging\n"), ("", "INFO squash [-] merging\n"),
            ("1", "DEBUG squash [-] considering vim <module> @FILE@:5\nINFO squash [-] merging\n"),
        ])
    func logging(trace: String, expected: String) async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("squash")
            try Self.program.write(toFile: file.string, atomically: false, encoding: .utf8)
            let result = try run([file.string], ["DIB_DEBUG_TRACE": trace])
            #expect(result.output == expected.replacingOccurrences(of: "@FILE@", with: file.string))
            #expect(result.status == 0)
        }
    }

    @Test("a JSON file can set up logging instead", .requires(.tool("python3")))
    func loggingConfiguration() async throws {
        try await withScratchDirectory { scratch in
            let (file, chosen) = (scratch.appending("squash"), scratch.appending("logging.json"))
            try Self.program.write(toFile: file.string, atomically: false, encoding: .utf8)
            try """
            {"version": 1, "formatters": {"short": {"format": "<%(message)s>"}},
             "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "short"}},
             "root": {"level": "INFO", "handlers": ["out"]}}
            """.write(toFile: chosen.string, atomically: false, encoding: .utf8)
            let result = try run([file.string], ["DIB_PYTHON_LOGGING_CONFIG_FILE": chosen.string])
            #expect(result.output == "<merging>\n")
        }
    }

    @Test(
        "arguments and exit status go through, and no compiled files are left beside our modules",
        .requires(.tool("python3")))
    func transparency() throws {
        let result = try run(
            ["-c", "import diskimage_builder, sys; print(sys.argv[1:]); sys.exit(7)", "a b", "--c"], [:])
        #expect(result.output == "['a b', '--c']\n")
        #expect(result.status == 7)
        let left = try runTool("find", [Checkout.resources.string, "-name", "__pycache__"])
        #expect(left.output == "")
    }

    @Test("a host without Python, or without PyYAML where it is needed, is told what to install")
    func missing() async throws {
        try await withScratchDirectory { scratch in
            for tool in ["dirname", "readlink", "grep"] {
                try FileManager.default.createSymbolicLink(
                    atPath: scratch.appending(tool).string, withDestinationPath: "/usr/bin/\(tool)")
            }
            let hook = scratch.appending("merge").string
            try "import sys\nimport yaml\n".write(toFile: hook, atomically: false, encoding: .utf8)
            let path = ["PATH": scratch.string]
            let bare = try run([hook], path)
            #expect(bare.status == 1)
            #expect(
                bare.output
                    == "dib-python: an element needs Python on the build host and there is no python3: install it,"
                    + " or set DIB_PYTHON_EXEC to the path of one\n")

            // A Python in which every import fails.
            let fake = scratch.appending("python3").string
            try "#!/bin/sh\necho ran\n[ \"$1\" != -c ]\n".write(toFile: fake, atomically: false, encoding: .utf8)
            chmod(fake, 0o755)
            let result = try run([hook], path)
            #expect(result.status == 1)
            #expect(
                result.output.hasSuffix(
                    "dib-python: '\(hook)' needs PyYAML and python3 (\(fake)) has none: install python3-yaml,"
                        + " or set DIB_PYTHON_EXEC to a Python that has it\n"))
            try "import sys\n".write(toFile: hook, atomically: false, encoding: .utf8)
            #expect(try run([hook], path).output == "ran\n")
        }
    }

    private func run(_ arguments: [String], _ changes: [String: String]) throws -> ToolResult {
        let path = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        return try runTool(Self.python, arguments, environment: path.merging(changes) { _, new in new })
    }
}
