import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// A build that would make the image that is there already, or was: decision 22.
    @Suite struct KeptImages {
        private let said = "Nothing has changed since the build of "

        private func prepare(_ sandbox: BuildSandbox) throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            try sandbox.addElement(
                "it", ["element.yaml": "summary: It.\ninputs:\n  - file: ${DIB_IT_FILE:-/dev/null}\n"])
            try sandbox.addHook("it", "install.d/10-second", "echo 2 > /second")
            try sandbox.addHook("it", "finalise.d/10-late", "date +%N > /late")
            // What a hook puts beside the image belongs to it.
            try sandbox.addHook("it", "cleanup.d/90-beside", "echo \"${DIB_IT_NOTE:-}\" > \"$IMAGE_NAME.notes\"")
        }

        private func build(
            _ sandbox: BuildSandbox, _ options: [String] = [], _ changes: [String: String?] = [:]
        ) async throws -> (isReused: Bool, output: String) {
            let words = ["build", "-n", "--plain", "-t", "qcow2,tar", "--checksum", "-o", "x"] + options
            let result = try await sandbox.start(words + ["small-os", "it"], environment: changes).result()
            result.expectStatus(0)
            return (result.output.contains(said), result.output)
        }

        /// Bytes, and which file it is.
        private func state(_ sandbox: BuildSandbox, _ name: String) throws -> (bytes: Data, inode: UInt64) {
            let path = sandbox.file(name).string
            let inode = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? UInt64
            return (try Data(contentsOf: URL(filePath: path)), inode ?? 0)
        }

        @Test func `an image that is still there is left as it is, one that has gone is put back`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                #expect(try await !build(sandbox).isReused)
                let first = try state(sandbox, "x.qcow2")
                let second = try await build(sandbox)
                #expect(second.isReused && second.output.contains("Image file x.qcow2 created..."))
                #expect(!second.output.contains("dib-run-parts Running"))
                #expect(try state(sandbox, "x.qcow2") == first)
                let names = try sandbox.names(in: sandbox.output)
                for name in names { unlink(sandbox.file(name).string) }
                #expect(try await build(sandbox).isReused)
                #expect(try sandbox.names(in: sandbox.output) == names)
                let again = try state(sandbox, "x.qcow2")
                // The user's own file: the one in the store does not change with it.
                #expect(again.bytes == first.bytes && again.inode != first.inode)
                let sums = try runTool("md5sum", ["-c", "x.qcow2.md5"], directory: sandbox.output.string)
                #expect(sums.status == 0)
                #expect(try await build(sandbox).isReused)
                #expect(try state(sandbox, "x.qcow2") == again)
                let times = try runTool(Checkout.ingot.string, ["time", sandbox.file("x.qcow2").string])
                #expect(times.output.contains("late"))
            }
        }

        @Test func `an image that was changed is not taken for what was built`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                #expect(try await !build(sandbox).isReused)
                let first = try state(sandbox, "x.qcow2")
                // In place, as a machine does that boots from it.
                let handle = try FileHandle(forUpdating: URL(filePath: sandbox.file("x.qcow2").string))
                try handle.seek(toOffset: 4096)
                try handle.write(contentsOf: Data(repeating: 7, count: 4096))
                try handle.close()
                #expect(try await !build(sandbox).isReused)
                #expect(try state(sandbox, "x.qcow2").bytes != first.bytes)
                #expect(try runTool("qemu-img", ["check", sandbox.file("x.qcow2").string]).status == 0)
                // Owner and mode are the user's; a moved image is another's, and not shared with it.
                chmod(sandbox.file("x.qcow2").string, 0o600)
                #expect(try await build(sandbox).isReused)
                #expect(rename(sandbox.file("x.qcow2").string, sandbox.file("mine.qcow2").string) == 0)
                #expect(try await build(sandbox).isReused)
                #expect(try state(sandbox, "x.qcow2").bytes == state(sandbox, "mine.qcow2").bytes)
                #expect(try state(sandbox, "x.qcow2").inode != state(sandbox, "mine.qcow2").inode)
            }
        }

        @Test func `whatever decides the image makes it anew, and the plan says what`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                let file = sandbox.path.appending("outside")
                try "1".write(toFile: file.string, atomically: false, encoding: .utf8)
                var changes: [String: String?] = ["DIB_IT_FILE": file.string]
                var options: [String] = []
                func forecast() async throws -> String {
                    let words = ["plan", "--explain", "-n", "-t", "qcow2,tar", "--checksum", "-o", "x"] + options
                    let result = try await sandbox.start(words + ["small-os", "it"], environment: changes).result()
                    result.expectStatus(0)
                    return result.lines.first { $0.contains("made anew") || $0.contains("kept: nothing") } ?? "no word"
                }
                #expect(try await !build(sandbox, options, changes).isReused)
                #expect(try await forecast() == "  kept: nothing has changed, no disk is made")
                #expect(try await build(sandbox, options, changes).isReused)
                func expectMiss(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
                    #expect(try await forecast().hasSuffix(reason), sourceLocation: sourceLocation)
                    #expect(try await !build(sandbox, options, changes).isReused, sourceLocation: sourceLocation)
                    #expect(try await build(sandbox, options, changes).isReused, sourceLocation: sourceLocation)
                }
                try sandbox.addHook("it", "finalise.d/10-late", "echo other > /late")
                try await expectMiss("made anew: finalise.d/10-late: the hook's bytes has changed")
                changes["DIB_IT_NOTE"] = "note"
                try await expectMiss("made anew: variable 'DIB_IT_NOTE' is new")
                options = ["--root-label", "other"]
                try await expectMiss("made anew: option 'rootLabel' is new")
                options += ["--image-size", "0.07"]
                try await expectMiss("made anew: option 'imageSize' has changed")
                try sandbox.addHook("it", "cleanup.d/91-new", "true")
                try await expectMiss("made anew: cleanup.d/91-new: the hook's name is new")
                // Only what is outside, of the late hooks and the others: no layer is left of the element.
                try "2".write(toFile: file.string, atomically: false, encoding: .utf8)
                #expect(try await !build(sandbox, options, changes).isReused)
                #expect(try await build(sandbox, options, changes).isReused)
                for option in ["--new-image", "--refresh", "--no-cache"] {
                    #expect(try await !build(sandbox, options + [option], changes).isReused, "\(option)")
                }
                #expect(try await !build(sandbox, options + ["-o", "y"], changes).isReused)
                try sandbox.addElement("it", ["element.yaml": "summary: It.\n"])
                #expect(try await !build(sandbox, options, changes).isReused)
                #expect(try await !build(sandbox, options, changes).isReused)
                changes["EXTRA_DETACH"] = "true"
                #expect(try await forecast() == "no word")
            }
        }

        @Test func `the store lists, verifies and prunes images as it does layers, one for each name`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                func cache(_ words: [String]) async throws -> BuildResult {
                    try await sandbox.start(["cache"] + words, environment: [:]).result()
                }
                for note in ["one", "two"] { _ = try await build(sandbox, [], ["DIB_IT_NOTE": note]) }
                let listed = try await cache(["list"]).lines.filter { $0.contains("(image) cleanup/") }
                #expect(listed.count == 1 && listed[0].hasSuffix(sandbox.file("x").string))
                #expect(try await cache(["verify"]).status == 0)
                #expect(try await cache(["prune", "--size", "0"]).status == 0)
                #expect(try await cache(["list"]).lines.first?.hasPrefix("0 layers, ") ?? false)
                #expect(try await !build(sandbox, [], ["DIB_IT_NOTE": "two"]).isReused)
            }
        }
    }
}
