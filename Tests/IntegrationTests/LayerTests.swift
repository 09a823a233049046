import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Layers as the user of a build meets them.
    @Suite struct Layers {
        private func reused(_ result: BuildResult) -> [String] {
            result.lines.compactMap { line in
                line.firstRange(of: "Reused the layer of ").map { String(line[$0.upperBound...]) }
            }
        }

        private func prepare(_ sandbox: BuildSandbox, inputs: String = "[]") throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            try sandbox.addElement("it", ["element.yaml": "summary: It.\ninputs: \(inputs)\n"])
            try sandbox.addHook("it", "extra-data.d/10-first", "echo 1 > \"$TMP_MOUNT_PATH/first\"")
            try sandbox.addHook("it", "install.d/10-second", "ls /proc/self > /dev/null; mv /first /second")
            try sandbox.addHook("it", "post-root.d/10-third", "echo 3 > \"$TMP_MOUNT_PATH/third\"")
        }

        private func build(
            _ sandbox: BuildSandbox, _ options: [String] = [], _ changes: [String: String?] = ["INGOT_CACHE": "1"]
        ) async throws -> BuildResult {
            try await sandbox.build(["-t", "tar", "-o", "x"] + options + ["small-os", "it"], environment: changes)
        }

        private func names(_ sandbox: BuildSandbox) throws -> String {
            try runTool("tar", ["-tf", sandbox.file("x.tar").string]).output
        }

        @Test(arguments: [LayerTrees.stacked]) func `upstream's command keeps no layers unless it is asked to`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                try await build(sandbox, [], [:]).expectStatus(0)
                #expect(!FileManager.default.fileExists(atPath: sandbox.home.appending(".cache/ingot/layers").string))
            }
        }

        @Test(arguments: LayerTrees.allCases) func `the store may be named from where the user stands`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                for _ in 1...2 { try await build(sandbox, ["--cache-dir", "store/of layers"]).expectStatus(0) }
                let kept = sandbox.output.appending("store/of layers/v1/layers").string
                #expect(try FileManager.default.contentsOfDirectory(atPath: kept).count == 5)
            }
        }

        @Test(arguments: LayerTrees.allCases)
        func `a build finds what the last has kept, and a changed hook runs with those after it`(trees: LayerTrees)
            async throws
        {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                let first = try await build(sandbox)
                first.expectStatus(0)
                #expect(reused(first) == [])
                let tree = try names(sandbox)
                #expect(tree.contains("./second\n") && !tree.contains("./first\n") && tree.contains("./third\n"))
                let second = try await build(sandbox)
                second.expectStatus(0)
                #expect(
                    reused(second) == [
                        "small-os root/10-fake-os", "it extra-data/10-first", "it install/10-second",
                        "it post-root/10-third",
                    ])
                #expect(try names(sandbox) == tree)
                try sandbox.addHook("it", "install.d/10-second", "mv /first /changed")
                let third = try await build(sandbox)
                third.expectStatus(0)
                #expect(reused(third) == ["small-os root/10-fake-os", "it extra-data/10-first"])
                #expect(
                    try names(sandbox)
                        == tree.replacing("./second\n", with: "").replacing(
                            "./dev/\n", with: "./changed\n./dev/\n"))
                let refreshed = try await build(sandbox, ["--refresh"])
                refreshed.expectStatus(0)
                #expect(reused(refreshed) == [])
                #expect(try await reused(build(sandbox)).count == 4)
            }
        }

        @Test(arguments: LayerTrees.allCases) func `a hook that declares no inputs is reused within its time only`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                unlink(sandbox.elements.appending("it/element.yaml").string)
                try await build(sandbox).expectStatus(0)
                #expect(try await reused(build(sandbox)) == ["small-os root/10-fake-os"])
                #expect(try await reused(build(sandbox, ["--cache-ttl", "1h"])).count == 4)
            }
        }

        @Test(arguments: LayerTrees.allCases) func `from a hook that sees a secret on, nothing is kept`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                try sandbox.addHook(
                    "it", "install.d/10-second", "ls /proc/self/fd; echo \"$DIB_IT_PASSWORD\" > /shadow")
                let changes = ["INGOT_CACHE": "1", "DIB_IT_PASSWORD": "sesame-\(UInt32.random(in: 1...9999))-open"]
                for _ in 1...2 {
                    let result = try await build(sandbox, [], changes)
                    result.expectStatus(0)
                    #expect(result.output.contains("Layers end here: it install/10-second sees the secret"))
                }
                #expect(try await reused(build(sandbox, [], changes)).count == 2)
                let found = try runTool(
                    "grep", ["-rl", changes["DIB_IT_PASSWORD"] ?? "", sandbox.home.appending(".cache/ingot").string])
                #expect(found.output == "")
            }
        }

        @Test(arguments: LayerTrees.allCases) func `a process that a hook leaves behind ends the layers, not the build`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                try sandbox.addHook(
                    "it", "extra-data.d/10-first",
                    // It bears its own name only from its exec on.
                    "cd \"$TMP_MOUNT_PATH\"; touch first; sleep 1000 > /dev/null 2>&1 &\n"
                        + "until [ \"$(< /proc/$!/comm)\" = sleep ]; do sleep 0.1; done")
                let result = try await build(sandbox)
                result.expectStatus(0)
                #expect(result.output.contains("layers end here: it extra-data/10-first left sleep"))
                #expect(try names(sandbox).contains("./second\n"))
                #expect(try await reused(build(sandbox)) == ["small-os root/10-fake-os"])
            }
        }

        @Test(arguments: LayerTrees.allCases) func `a mount of a reused hook is there for the hooks that run`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                let shown = sandbox.path.appending("shown")
                try FileManager.default.createDirectory(atPath: shown.string, withIntermediateDirectories: true)
                try "there".write(toFile: shown.appending("file").string, atomically: false, encoding: .utf8)
                try sandbox.addHook(
                    "it", "extra-data.d/10-first",
                    "touch \"$TMP_MOUNT_PATH/first\"; mkdir \"$TMP_MOUNT_PATH/shown\"\n"
                        + "mount --bind \(shown) \"$TMP_MOUNT_PATH/shown\"")
                try await build(sandbox).expectStatus(0)
                try sandbox.addHook("it", "install.d/10-second", "cat /shown/file /proc/self/comm > /second")
                let result = try await build(sandbox)
                result.expectStatus(0)
                #expect(reused(result).count == 2)
                let text = try runTool("tar", ["-xOf", sandbox.file("x.tar").string, "./second"]).output
                #expect(text == "therecat\n")
                #expect(try !names(sandbox).contains("shown/file"))
            }
        }

        /// As the directories of apt's downloads, which two builds must not have in common.
        @Test(arguments: LayerTrees.allCases) func `a mount of what belongs to one build is not another's`(
            trees: LayerTrees
        ) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                let folders = sandbox.path.appending("folders").string
                try sandbox.addHook(
                    "it", "extra-data.d/10-first",
                    "own=\(folders)/${TMP_BUILD_DIR##*/}; mkdir -p \"$own\" \"$TMP_MOUNT_PATH/own\"\n"
                        + "mount --bind \"$own\" \"$TMP_MOUNT_PATH/own\"")
                for text in ["one", "two"] {
                    try sandbox.addHook("it", "install.d/10-second", "touch /own/\(text)")
                    try await build(sandbox).expectStatus(0)
                }
                let found = try runTool("find", [folders, "-type", "f", "-printf", "%h %f\n"]).output
                let lines = found.split(separator: "\n").map { $0.split(separator: " ") }
                #expect(Set(lines.map { $0[1] }) == ["one", "two"] && Set(lines.map { $0[0] }).count == 2, "\(found)")
            }
        }

        @Test(arguments: LayerTrees.allCases)
        func `a damaged layer is built again, one of another program not looked at`(trees: LayerTrees) async throws {
            try await trees.inSandbox { sandbox in
                try prepare(sandbox)
                try await build(sandbox).expectStatus(0)
                let tree = try names(sandbox)
                let layers = sandbox.home.appending(".cache/ingot/layers/v1/layers")
                let damaged = try runTool("find", [layers.string, "-path", "*/tree/second"]).output
                let path = damaged.split(separator: "\n").first.map(String.init) ?? ""
                try "half".write(toFile: path, atomically: false, encoding: .utf8)
                let result = try await build(sandbox)
                result.expectStatus(0)
                #expect(
                    reused(result) == ["small-os root/10-fake-os", "it extra-data/10-first", "it post-root/10-third"])
                #expect(try names(sandbox) == tree)
                _ = try runTool(
                    "bash",
                    ["-c", "for x in \"$0\"/*; do echo '{\"format\":1}' > \"$x/manifest.json\"; done", layers.string])
                let other = try await build(sandbox)
                other.expectStatus(0)
                #expect(reused(other) == [])
                #expect(try await reused(build(sandbox)).count == 4)
            }
        }
    }
}
