import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `diskimage-builder` run for real.
    @Suite struct ImageLists {
        private func run(
            _ sandbox: BuildSandbox, _ list: String, _ arguments: [String] = []
        ) async throws -> BuildResult {
            try list.write(toFile: sandbox.file("images.yaml").string, atomically: false, encoding: .utf8)
            return try await sandbox.start(["diskimage-builder"] + arguments + ["images.yaml"]).result()
        }

        @Test("images are built one after another, each with its own variables", .timeLimit(.minutes(2)))
        func builds() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("say", "install.d/50-say", "echo \"colour=$COLOUR\"")
                let list = """
                    - {imagename: a, types: [raw], skip-base: yes, elements: [fake-os, say], environment: {COLOUR: red}}
                    - {imagename: b, types: [raw], skip-base: yes, elements: [fake-os, say], environment: {COLOUR: blue}}
                    """
                let result = try await run(sandbox, list)
                result.expectStatus(0)
                #expect(result.output.contains("COLOUR=red disk-image-create -o a -t raw -n fake-os say\n\n"))
                #expect(result.output.contains("colour=red"))
                #expect(result.output.contains("colour=blue"))
                let images = try sandbox.names(in: sandbox.output).filter { $0.hasSuffix(".raw") }
                #expect(images == ["a.raw", "b.raw"])
            }
        }

        @Test(
            "a failure does not stop the list unless asked, and is the exit status", .timeLimit(.minutes(2)),
            arguments: [([], true), (["--stop-on-failure"], false)] as [([String], Bool)])
        func failure(arguments: [String], goesOn: Bool) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("bad", "install.d/50-bad", "exit 7")
                let list = """
                    - {imagename: a, types: [raw], skip-base: yes, elements: [fake-os, bad]}
                    - {imagename: b, types: [raw], skip-base: yes, elements: [fake-os]}
                    """
                let result = try await run(sandbox, list, arguments)
                result.expectStatus(7)
                #expect(result.output.hasSuffix("error: 1 of 2 images failed: 'a' (status 7)\n"))
                #expect(FileManager.default.fileExists(atPath: sandbox.file("b.raw").string) == goesOn)
            }
        }

        @Test("a dry run prints the commands and builds nothing", .timeLimit(.minutes(1)))
        func dryRun() async throws {
            try await withSandbox { sandbox in
                let result = try await run(sandbox, "- {imagename: a, elements: [fake-os]}", ["--dry-run"])
                result.expectStatus(0)
                #expect(result.output == "disk-image-create -o a fake-os\n\n")
                #expect(try sandbox.names(in: sandbox.output) == ["images.yaml"])
            }
        }

        @Test(
            "bad command lines and lists end at once", .timeLimit(.minutes(1)),
            arguments: [([], 2), (["--dry"], 1), (["--nope", "images.yaml"], 2), (["missing.yaml"], 1)]
                as [([String], Int32)])
        func refusals(arguments: [String], status: Int32) async throws {
            try await withSandbox { sandbox in
                try "- {bad: key}".write(
                    toFile: sandbox.file("images.yaml").string, atomically: false, encoding: .utf8)
                let files = arguments == ["--dry"] ? ["images.yaml"] : []
                let result = try await sandbox.start(["diskimage-builder"] + arguments + files).result()
                result.expectStatus(status)
            }
        }
    }
}
