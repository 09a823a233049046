import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Builds that note what they fetch, and builds from what was noted.
    @Suite(.requires(.tool("curl")), .timeLimit(.minutes(2))) struct Locks {
        private static let date: [String: String?] = ["SOURCE_DATE_EPOCH": "1700000000"]

        /// An element that fetches through the proxy, as package managers do, and by cache-url.
        private func prepare(_ sandbox: BuildSandbox, _ mirror: WebServerDouble) throws {
            try "first\n".write(toFile: sandbox.path.appending("mirror/data").string, atomically: true, encoding: .utf8)
            try sandbox.addHook(
                "it", "extra-data.d/10-fetch",
                """
                curl --fail --silent --show-error \(mirror.url)/data > "$TMP_MOUNT_PATH/data"
                [ -z "$(ls "$DIB_IMAGE_CACHE")" ]
                """)
        }

        private func build(_ sandbox: BuildSandbox, _ options: [String]) async throws -> BuildResult {
            let arguments = ["build", "-n", "-t", "tar", "-o", "x"] + options + ["fake-os", "it"]
            return try await sandbox.start(arguments, environment: Self.date).result()
        }

        private func withMirror(_ body: (BuildSandbox, WebServerDouble) async throws -> Void) async throws {
            try await withSandbox { sandbox in
                let root = sandbox.path.appending("mirror")
                try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
                let mirror = try WebServerDouble(folder: root)
                defer { mirror.stop() }
                try prepare(sandbox, mirror)
                try await body(sandbox, mirror)
            }
        }

        @Test(.requires(.root))
        func `a build from a lock needs no network`() async throws {
            try await withMirror { sandbox, mirror in
                try await build(sandbox, ["--lock", "x.lock.json"]).expectStatus(0)
                let first = try runTool("tar", ["-xOf", sandbox.file("x.tar").string, "./data"]).output
                #expect(first == "first\n")
                let asked = mirror.requests.count
                try "second\n".write(
                    toFile: sandbox.path.appending("mirror/data").string, atomically: true, encoding: .utf8)
                // The lock stands for the mirror; in a network of its own there is none, and not even a loopback.
                let program = FilePath("/usr/bin/unshare")
                let words = ["--net", Checkout.ingot.string, "build", "-n", "-t", "tar", "-o", "x"]
                let locked = try await sandbox.start(
                    program: program, words + ["--locked", "x.lock.json", "--offline", "fake-os", "it"],
                    environment: Self.date
                ).result()
                locked.expectStatus(0)
                #expect(try runTool("tar", ["-xOf", sandbox.file("x.tar").string, "./data"]).output == first)
                #expect(mirror.requests.count == asked)
            }
        }

        @Test func `what is not as locked leaves no image`() async throws {
            try await withMirror { sandbox, mirror in
                let locking = ["lock", "-n", "-o", "x", "fake-os", "it"]
                try await sandbox.start(locking, environment: Self.date).result().expectStatus(0)
                #expect(try sandbox.names(in: sandbox.output) == ["x.lock.json"])
                let store = sandbox.home.appending(".cache/ingot/downloads")
                // Another version at the mirror, and nothing in the store.
                try FileManager.default.removeItem(atPath: store.string)
                try "second\n".write(
                    toFile: sandbox.path.appending("mirror/data").string, atomically: true, encoding: .utf8)
                let changed = try await build(sandbox, ["--locked", "x.lock.json"])
                changed.expectStatus(1)
                #expect(changed.output.contains("the build cannot be as locked: '\(mirror.url)/data' is not what"))
                // Even if the hook does not mind.
                try sandbox.addHook("it", "extra-data.d/10-fetch", "curl --silent \(mirror.url)/other || true")
                let other = try await build(sandbox, ["--locked", "x.lock.json"])
                other.expectStatus(1)
                #expect(other.output.contains("'\(mirror.url)/other' is not in the lock"))
                #expect(try sandbox.names(in: sandbox.output) == ["x.lock.json"])
            }
        }

        @Test(.requires(.root, .tool("git")))
        func `a git repository is what it was, even when it is gone`() async throws {
            try await withSandbox { sandbox in
                let upstream = sandbox.path.appending("upstream")
                let git = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-C", upstream.string]
                func commit(_ text: String) throws {
                    try text.write(toFile: upstream.appending("file").string, atomically: true, encoding: .utf8)
                    _ = try runTool("git", git + ["add", "."])
                    _ = try runTool("git", git + ["commit", "--quiet", "-m", text])
                }
                _ = try runTool("git", ["init", "--quiet", "-b", "main", upstream.string])
                try commit("one")
                // The hook and its tool as they are, in an element that needs nothing else.
                let place = sandbox.elements.appending("it")
                for (element, file) in [
                    ("source-repositories", "extra-data.d/98-source-repositories"), ("cache-url", "bin/cache-url"),
                ] {
                    let target = place.pushing(FilePath(file))
                    try FileManager.default.createDirectory(
                        atPath: target.removingLastComponent().string, withIntermediateDirectories: true)
                    try FileManager.default.copyItem(
                        atPath: Checkout.elements.appending(element).pushing(FilePath(file)).string,
                        toPath: target.string)
                }
                try sandbox.addElement(
                    "it", ["source-repository-code": "code git /opt/code file://\(upstream) main\n"])
                let changes: [String: String?] = [
                    "DIB_MANIFEST_IMAGE_DIR": "/etc/dib-manifests", "GIT_CONFIG_GLOBAL": "/dev/null",
                ]
                func build(_ options: [String]) async throws -> BuildResult {
                    let words = ["build", "-n", "-t", "tar", "-o", "x"] + options + ["fake-os", "it"]
                    return try await sandbox.start(words, environment: changes).result()
                }
                try await build(["--lock", "x.lock.json"]).expectStatus(0)
                let head = try runTool("git", git + ["rev-parse", "HEAD"]).output.prefix(40)
                #expect(try sandbox.text("x.lock.json").contains("\"commit\" : \"\(head)\""))
                try commit("two")
                try await build(["--locked", "x.lock.json"]).expectStatus(0)
                func text(_ path: String) throws -> String {
                    try runTool("tar", ["-xOf", sandbox.file("x.tar").string, path]).output
                }
                #expect(try text("./opt/code/file") == "one")
                try FileManager.default.removeItem(atPath: upstream.string)
                try await build(["--locked", "x.lock.json", "--offline"]).expectStatus(0)
                #expect(try text("./opt/code/file") == "one")
                #expect(try text("./opt/code/.git/config").contains("url = file://\(upstream)\n"))
            }
        }

        @Test func `bad locks are refused before anything is done`() async throws {
            try await withMirror { sandbox, _ in
                for (options, words) in [
                    (["--locked", "none"], "cannot read the lock 'none'"),
                    (["--locked", "a", "--lock", "b"], "one of --lock and --locked"),
                ] {
                    let result = try await build(sandbox, options)
                    result.expectStatus(1)
                    #expect(result.output.contains(words))
                }
                try "{}".write(toFile: sandbox.file("empty").string, atomically: true, encoding: .utf8)
                let result = try await build(sandbox, ["--locked", "empty"])
                #expect(result.status == 1 && result.output.contains("it is no lock"))
                #expect(try sandbox.names(in: sandbox.output) == ["empty"])
            }
        }
    }
}
