import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `ingot build -f FILE`: several images in one go.
    @Suite struct ImageSets {
        private func run(_ sandbox: BuildSandbox, _ list: String, _ arguments: [String] = []) async throws
            -> BuildResult
        {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            // It declares no inputs: its layer is common to the images of one command nevertheless.
            try sandbox.addHook("base", "install.d/10-base", "echo base > /base; sleep 0.2")
            try sandbox.addHook("role", "install.d/80-role", "echo \"$DIB_ROLE\" > /role")
            try sandbox.addHook("bad", "install.d/80-bad", "echo going down; exit 7")
            return try await again(sandbox, list, arguments)
        }

        private func again(_ sandbox: BuildSandbox, _ list: String, _ arguments: [String]) async throws
            -> BuildResult
        {
            try list.write(toFile: sandbox.file("images.yaml").string, atomically: false, encoding: .utf8)
            let words = ["build", "-n", "-t", "tar", "-f", "images.yaml"] + arguments
            return try await sandbox.start(words).result()
        }

        private func list(_ names: [String], bad: String? = nil) -> String {
            names.map { name in
                let role = name == bad ? "bad" : "role"
                return "- {imagename: \(name), elements: [small-os, base, \(role)], environment: {DIB_ROLE: \(name)}}\n"
            }.joined()
        }

        private func role(_ sandbox: BuildSandbox, _ name: String) throws -> String {
            try runTool("tar", ["-xOf", sandbox.file("\(name).tar").string, "./role"]).output
        }

        @Test(.timeLimit(.minutes(5)))
        func `what images have in common is built once`() async throws {
            try await withSandbox { sandbox in
                let result = try await run(sandbox, list(["a", "b", "c"]), ["-j", "3"])
                result.expectStatus(0)
                #expect(result.output.contains("3 of 3 images built"))
                for name in ["a", "b", "c"] { #expect(try role(sandbox, name) == "\(name)\n") }
                let ran = result.lines.filter { $0.contains("dib-run-parts Running ") }
                #expect(ran.filter { $0.hasSuffix("10-fake-os") }.count == 1)
                #expect(ran.filter { $0.hasSuffix("10-base") }.count == 1)
                #expect(ran.filter { $0.hasSuffix("80-role") }.count == 3)
                let reused = result.lines.filter { $0.contains(" | Reused the layer of base install/10-base") }
                #expect(Set(reused.compactMap(\.first)).count == 2)
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `each failure is told by its image, and costs the others nothing`() async throws {
            try await withSandbox { sandbox in
                let result = try await run(sandbox, list(["a", "b", "c"], bad: "b"))
                result.expectStatus(7)
                let end = Array(result.lines.suffix(4))
                #expect(end[0] == "2 of 3 images built")
                #expect(end[1].hasPrefix("  a  built in ") && end[3].hasPrefix("  c  built in "))
                #expect(end[2].contains(/b  FAILED after .*: hook 'install.d\/80-bad' of element 'bad' failed/))
                #expect(result.output.contains("b | going down"))
                #expect(try role(sandbox, "c") == "c\n")
                let stopped = try await again(
                    sandbox, list(["b", "c", "d"], bad: "b"), ["--stop-on-failure", "-j", "1", "--only", "b,d"])
                stopped.expectStatus(7)
                #expect(stopped.lines.suffix(2).last == "  d  not begun")
                #expect(!FileManager.default.fileExists(atPath: sandbox.file("d.tar").string))
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `events bear the name of their image`() async throws {
            try await withSandbox { sandbox in
                let result = try await run(sandbox, list(["a", "b"]), ["--json"])
                result.expectStatus(0)
                var finished: Set<String> = []
                for line in result.lines {
                    let event = try #require(
                        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
                    let name = try #require(event["build"] as? String)
                    if event["event"] as? String == "build-finished" { finished.insert(name) }
                }
                #expect(finished == ["a", "b"])
            }
        }

        @Test(
            "what cannot be built is told of every image before any is begun", .timeLimit(.minutes(1)),
            arguments: [
                ("- {imagename: a, elements: [nowhere]}\n- {imagename: b, elements: [no-os]}", "image 'b': "),
                ("- {imagename: a, elements: [small-os], types: [paper]}", "'types' must be"),
                (
                    "- {imagename: a, elements: [small-os]}\n- {imagename: ./a, elements: [small-os]}",
                    "two images would be written to 'a.tar'"
                ),
                ("- {imagename: a, elements: [small-os]}", "there is no image 'z'"),
                ("[]", "the files list no image"),
            ])
        func refusal(list: String, words: String) async throws {
            try await withSandbox { sandbox in
                let only = words.contains("'z'") ? ["--only", "z"] : []
                let result = try await run(sandbox, list, only)
                result.expectStatus(1)
                #expect(result.output.contains(words))
                #expect(result.seconds < 10)
                #expect(try sandbox.names(in: sandbox.output) == ["images.yaml"])
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func `an interruption ends all of them`() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("slow", "install.d/90-slow", "echo now; sleep 600")
                try "- {imagename: a, elements: [fake-os, slow]}\n- {imagename: b, elements: [fake-os, slow]}"
                    .write(toFile: sandbox.file("images.yaml").string, atomically: false, encoding: .utf8)
                let build = try sandbox.start(["build", "-n", "-t", "tar", "-j", "2", "-f", "images.yaml"])
                #expect(try await build.prints(" | now"))
                build.send(SIGTERM)
                let result = try await build.result()
                result.expectStatus(143)
                #expect(try sandbox.names(in: sandbox.output) == ["images.yaml"])
            }
        }
    }
}
