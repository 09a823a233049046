import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// What is known of layers outside of a build: the plan, retrying, who wrote what, many builds at once.
    @Suite struct LayerCommands {
        private func prepare(_ sandbox: BuildSandbox) throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            try sandbox.addElement(
                "it", ["element.yaml": "summary: It.\ninputs:\n  - file: ${DIB_IT_FILE}\n", "data/one": "1\n"])
            try sandbox.addHook(
                "it", "extra-data.d/10-first", "cp \"$TMP_HOOKS_PATH/data/one\" \"$TMP_MOUNT_PATH/one\"")
            try sandbox.addHook("it", "install.d/10-second", "head -c 3000 /usr/bin/cp > /second; rm /one")
            try sandbox.addHook("it", "post-install.d/10-third", "echo x >> /second; echo 3 > /third")
            try sandbox.addHook("it", "finalise.d/10-last", "true")
        }

        private func run(
            _ sandbox: BuildSandbox, _ arguments: [String], _ changes: [String: String?] = [:]
        ) async throws -> BuildResult {
            try await sandbox.start(arguments, environment: changes).result()
        }

        private let build = ["build", "-n", "--plain", "-t", "tar", "-o", "x", "small-os", "it"]

        @Test func `a plan names the first layer that is missing, and why`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                let file = sandbox.path.appending("outside")
                try "1".write(toFile: file.string, atomically: false, encoding: .utf8)
                let changes = ["DIB_IT_FILE": file.string]
                let plan = ["plan", "-n", "small-os", "it"]
                func outcomes(_ result: BuildResult) -> [String] {
                    result.lines.filter { $0.contains(/\slayer$|\sno layer: |\sruns after it$/) }
                        .map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
                }
                #expect(try await outcomes(run(sandbox, plan, changes)) == [])
                try await run(sandbox, build, changes).expectStatus(0)
                let all = [
                    "10-fake-os small-os layer", "10-first it layer", "10-second it layer", "10-third it layer",
                ]
                #expect(try await outcomes(run(sandbox, plan + ["--explain"], changes)) == all)
                try "2".write(toFile: file.string, atomically: false, encoding: .utf8)
                #expect(
                    try await outcomes(run(sandbox, plan + ["--explain"], changes)) == [
                        all[0], "10-first it no layer: input 'file \(file)' has changed", "10-second it runs after it",
                        "10-third it runs after it",
                    ])
                // Without asking, what was right at the last build is right.
                #expect(try await outcomes(run(sandbox, plan, changes)) == all)
                try await run(sandbox, build, changes).expectStatus(0)
                try sandbox.addElement("it", ["data/one": "changed\n"])
                let changed = try await outcomes(run(sandbox, plan + ["--explain"], changes))
                #expect(changed[1] == "10-first it no layer: file 'data/one' of 'it' has changed")
                try sandbox.addElement("it", ["data/one": "1\n"])
                try sandbox.addHook("it", "install.d/10-second", "echo other > /second")
                let hook = try await outcomes(run(sandbox, plan + ["--explain"], changes))
                #expect(hook[2] == "10-second it no layer: the hook's bytes has changed")
            }
        }

        @Test func `retry goes on at the hook that failed, and ends in the tree of a clean build`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                // Undeclared inputs: only a retry may rely on what was built before.
                unlink(sandbox.elements.appending("it/element.yaml").string)
                let early = try await run(sandbox, ["retry"])
                #expect(early.status == 1 && early.output.contains("no failed build is known"))
                try sandbox.addHook("it", "install.d/10-second", "echo \"${DIB_TOKEN:-}\" > /dev/null; exit 7")
                let failed = try await run(sandbox, build, ["DIB_X": "kept", "DIB_OTHER_TOKEN": "sesame-open"])
                failed.expectStatus(7)
                let kept = try String(
                    contentsOfFile: sandbox.home.appending(".cache/ingot/layers/retry.json").string, encoding: .utf8)
                #expect(kept.contains("kept") && !kept.contains("sesame-open"))
                let secretless = try await run(sandbox, ["retry"])
                #expect(secretless.status == 1 && secretless.output.contains("DIB_OTHER_TOKEN"))
                try sandbox.addHook("it", "install.d/10-second", "echo \"$DIB_X\" > /second; mv /one /uno")
                let retried = try await run(sandbox, ["retry"], ["DIB_OTHER_TOKEN": "sesame-open"])
                retried.expectStatus(0)
                #expect(retried.output.contains("Reused the layer of it extra-data/10-first"))
                #expect(!retried.output.contains("Running hooks/extra-data.d/10-first"))
                let tree = try contents(sandbox)
                try await run(sandbox, build + ["--no-cache"], ["DIB_X": "kept"]).expectStatus(0)
                #expect(try contents(sandbox) == tree)
                #expect(try await run(sandbox, ["retry"]).status == 1)
            }
        }

        private func contents(_ sandbox: BuildSandbox) throws -> String {
            let names = "tar -tvf \"$0\" | sed 's/ 20[0-9-]* [0-9:]* / /'; tar -xOf \"$0\" ./second ./third"
            return try runTool("bash", ["-c", names, sandbox.file("x.tar").string]).output
        }

        @Test func `the record beside an image tells who wrote what, how large and how long`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                try await run(sandbox, build).expectStatus(0)
                let blame = try await run(sandbox, ["blame", "x.tar", "/second"])
                #expect(
                    blame.lines.map { $0.split(separator: " ").joined(separator: " ") } == [
                        "it install/10-second wrote /second", "it post-install/10-third wrote /second",
                    ])
                let gone = try await run(sandbox, ["blame", "x", "one"])
                #expect(gone.lines.count == 2 && gone.lines[1].contains("removed"))
                #expect(try await run(sandbox, ["blame", "x.tar", "/nowhere"]).status == 1)
                let size = try await run(sandbox, ["size", "--by", "hook", "x.tar"])
                #expect(size.output.contains("2.93 KiB") || size.output.contains("2.9 KiB"), "\(size.output)")
                try await run(sandbox, build).expectStatus(0)
                let time = try await run(sandbox, ["time", "--by", "element", "x.tar"])
                #expect(time.output.contains("small-os") && time.output.contains("were saved by layers"))
                #expect(try await run(sandbox, ["time", "nothing.qcow2"]).status == 1)
            }
        }

        @Test func `a store can be listed, shown, verified and emptied`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                #expect(try await run(sandbox, ["cache", "list"]).status == 1)
                try await run(sandbox, build).expectStatus(0)
                let list = try await run(sandbox, ["cache", "list"])
                // Four hooks and the image.
                #expect(list.lines.count == 6 && list.lines.last?.hasPrefix("5 layers, ") == true, "\(list.output)")
                let line = try #require(list.lines.first { $0.contains("10-third") })
                let identifier = String(line.prefix { $0 != " " })
                let shown = try await run(sandbox, ["cache", "show", identifier])
                #expect(
                    shown.output.contains("hook     it post-install/10-third")
                        && shown.output.contains("the hook's bytes"))
                #expect(try await run(sandbox, ["cache", "verify"]).output == "5 layers checked, 0 damaged\n")
                let layers = sandbox.home.appending(".cache/ingot/layers/v1/layers").string
                _ = try runTool("bash", ["-c", "rm \"$0\"/*/tree/third", layers])
                let damaged = try await run(sandbox, ["cache", "verify"])
                #expect(damaged.status == 1 && damaged.lines.last == "5 layers checked, 1 damaged")
                try await run(sandbox, ["cache", "prune", "--size", "0"]).expectStatus(0)
                #expect(try await run(sandbox, ["cache", "list"]).lines.last?.hasPrefix("0 layers") == true)
            }
        }
    }
}
