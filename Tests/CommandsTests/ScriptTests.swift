import Foundation
import SystemPackage
import TestSupport
import Testing

/// The scripts behind `make test` and `make lint`: a gate that cannot fail is worse than none.
@Suite(.requires(.tool("bash"))) struct ScriptTests {
    private func write(_ text: String, to path: FilePath, isExecutable: Bool = false) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
        if isExecutable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
        }
    }

    @Test(
        "run-tests fails if a group of tests does, or runs none",
        arguments: [
            ("echo '✔ Test run with 2 tests in 1 suite passed'", 0),
            ("echo '✘ Test a failed'; echo '✘ Test run with 2 tests failed'; exit 1", 1),
            ("echo '✔ Test run with 2 tests passed'; exit 3", 1),
            ("echo 'error: cannot load the bundle'; exit 1", 1), ("exit 0", 1), ("kill -9 $$", 1),
            (
                #"[[ $* == *"--filter ^IntegrationTests"* ]] && { echo "✘ Test run with 9 tests failed"; exit 1; }; "#
                    + "echo '✔ Test run with 2 tests passed'", 1
            ),
        ] as [(String, Int32)])
    func runTestsKeepsTheStatus(swift: String, status: Int32) async throws {
        try await withScratchDirectory { directory in
            let fake = directory.appending("swift")
            try write("#!/bin/bash\n\(swift)\n", to: fake, isExecutable: true)
            let result = try runTool(
                Checkout.root.appending("scripts/run-tests").string, [],
                environment: [
                    "PATH": "/usr/bin:/bin", "SWIFT": fake.string, "TEST_LOG": directory.appending("log").string,
                    "LANG": "C.UTF-8",
                ])
            #expect(result.status == status, "\(result.output)")
        }
    }

    @Test func runTestsListsWhatWasSkippedAndWhy() async throws {
        try await withScratchDirectory { directory in
            let fake = directory.appending("swift")
            let lines = [
                "➜ Test b() skipped: \"needs root\"", "◇ Test c() started.",
                "✔ Test run with 2 tests in 1 suite passed",
            ]
            try write("#!/bin/bash\nprintf '%s\\n' '\(lines.joined(separator: "' '"))'\n", to: fake, isExecutable: true)
            let result = try runTool(
                Checkout.root.appending("scripts/run-tests").string, [],
                environment: [
                    "PATH": "/usr/bin:/bin", "SWIFT": fake.string, "TEST_LOG": directory.appending("log").string,
                    "LANG": "C.UTF-8",
                ])
            #expect(result.output.contains("Skipped tests:\n  Test b() skipped: \"needs root\"\n"))
            #expect(!result.output.contains("started"))
        }
    }

    /// A checkout with the rules' inputs only, for changes that must not pass.
    private func withCheckoutCopy(_ body: (FilePath) throws -> Void) async throws {
        try await withScratchDirectory { directory in
            for name in ["scripts", "Sources", "Package.swift"] {
                try FileManager.default.copyItem(
                    atPath: Checkout.root.appending(name).string, toPath: directory.appending(name).string)
            }
            try body(directory)
        }
    }

    private func checkLayers(in directory: FilePath) throws -> ToolResult {
        try runTool(
            directory.appending("scripts/check-layers").string, [], environment: ["PATH": "/usr/bin:/bin"])
    }

    @Test func theLayersOfThisCheckoutHold() throws {
        let result = try checkLayers(in: Checkout.root)
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(
        "what breaks a layer is found",
        arguments: [
            ("Elements", "internal import LinuxOS", "Elements may not import LinuxOS"),
            ("Basics", "@preconcurrency package import struct Elements.Hook", "Basics may not import Elements"),
            ("ImagePlanning", "import ImageAssembly", "ImagePlanning may not import ImageAssembly"),
            ("Elements", "let now = Date()", "not allowed in the planning layer"),
            ("BlockDevices", "let id = UUID()", "not allowed in the planning layer"),
            ("ImagePlanning", "let home = getenv(\"HOME\")", "not allowed in the planning layer"),
            ("ImagePlanning", "let file = open(\"/x\", 0)", "not allowed in the planning layer"),
            ("Elements", "let text = try String(contentsOfFile: path)", "not allowed in the planning layer"),
        ])
    func breachesAreFound(target: String, line: String, message: String) async throws {
        try await withCheckoutCopy { directory throws in
            try write(line + "\n", to: directory.appending("Sources/\(target)/Breach.swift"))
            let result = try checkLayers(in: directory)
            #expect(result.status == 1 && result.output.contains(message), "\(result.output)")
        }
    }

    @Test(
        "what the manifest may not declare is found, and a manifest that is not understood is no pass",
        arguments: [
            (
                #"name: "Elements", dependencies: ["#, #"name: "Elements", dependencies: ["LinuxOS", "#,
                "Elements may not depend on LinuxOS"
            ),
            (".executableTarget(", ".other(", "no target ingot"),
            (#"name: "Basics""#, #"name: "Other""#, "target Other is not in the table"),
        ])
    func manifestIsRead(text: String, replacement: String, message: String) async throws {
        try await withCheckoutCopy { directory throws in
            let manifest = directory.appending("Package.swift")
            let old = try String(contentsOfFile: manifest.string, encoding: .utf8)
            #expect(old.contains(text))
            try write(old.replacing(text, with: replacement), to: manifest)
            let result = try checkLayers(in: directory)
            #expect(result.status == 1 && result.output.contains(message), "\(result.output)")
        }
    }
}
