import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// SIGINT and SIGTERM in the middle of a hook.
    @Suite struct Interrupted {
        struct Case: CustomTestStringConvertible, Sendable {
            let signal: Int32
            let folder: String
            let name: String
            var testDescription: String { "\(name) in \(folder)" }
        }

        static let cases = ["root.d", "finalise.d"].flatMap { folder in
            [
                Case(signal: SIGINT, folder: folder, name: "SIGINT"),
                Case(signal: SIGTERM, folder: folder, name: "SIGTERM"),
            ]
        }

        @Test("a signal ends the build with its status and leaves nothing", .timeLimit(.minutes(1)), arguments: cases)
        func leavesNothing(_ test: Case) async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("stop", "\(test.folder)/50-stop", "echo now-$((40 + 2)); sleep 600")
                try "older".write(toFile: sandbox.file("x.raw").string, atomically: false, encoding: .utf8)
                let build = try sandbox.start(["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os", "stop"])
                #expect(try await build.prints("now-42"))
                let start = ContinuousClock.now
                build.send(test.signal)
                let result = try await build.result()
                #expect(ContinuousClock.now - start < .seconds(5))
                result.expectStatus(128 + test.signal)
                #expect(result.output.contains("error: interrupted by \(test.name)\n"))
                #expect(try sandbox.names(in: sandbox.output) == ["x.raw"])
                #expect(try sandbox.text("x.raw") == "older")
            }
        }

        @Test("Ctrl-C, which the whole process group gets, counts once", .timeLimit(.minutes(1)))
        func wholeGroup() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("stop", "install.d/50-stop", "echo now-$((40 + 2)); sleep 600")
                let build = try sandbox.start(["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os", "stop"])
                #expect(try await build.prints("now-42"))
                try #require(getpgid(build.identifier) == build.identifier)
                kill(-build.identifier, SIGINT)
                let result = try await build.result()
                result.expectStatus(128 + SIGINT)
                #expect(result.lines.filter { $0 == "error: interrupted by SIGINT" }.count == 1)
            }
        }

        @Test("a hook that ignores SIGTERM is killed", .timeLimit(.minutes(1)))
        func stubbornHook() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "stop", "install.d/50-stop", "trap '' TERM INT; echo now-$((40 + 2)); while :; do sleep 1; done")
                let build = try sandbox.start(["disk-image-create", "-n", "-t", "raw", "-o", "x", "fake-os", "stop"])
                #expect(try await build.prints("now-42"))
                build.send(SIGTERM)
                let result = try await build.result()
                result.expectStatus(128 + SIGTERM)
                #expect(try sandbox.names(in: sandbox.output) == [])
            }
        }
    }
}
