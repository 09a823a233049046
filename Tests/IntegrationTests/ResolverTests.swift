import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// What the engine does to the tree of its own accord (compat-core section 7.5).
    @Suite struct Tidying {
        struct Case: CustomTestStringConvertible, Sendable {
            let testDescription: String
            /// What the root phase leaves, and what a hook inside does later.
            let root: String
            var install = ""
            /// `/etc/resolv.conf` of the image: text, `-> target` of a link, or nil if there is none.
            let result: String?
        }

        static let cases = [
            Case(testDescription: "a plain file comes back", root: "echo own > etc/resolv.conf", result: "own"),
            Case(
                testDescription: "a dangling link comes back", root: "ln -s ../run/nowhere etc/resolv.conf",
                result: "-> ../run/nowhere"),
            Case(
                testDescription: "a link made by a hook stays", root: "echo own > etc/resolv.conf",
                install: "rm /etc/resolv.conf; ln -s ../run/hook /etc/resolv.conf", result: "-> ../run/hook"),
            Case(
                testDescription: "what a hook writes to .ORIG becomes the file", root: "echo own > etc/resolv.conf",
                install: "echo rewritten > /etc/resolv.conf.ORIG", result: "rewritten"),
            Case(
                testDescription: "also where there was none", root: ":",
                install: "echo new > /etc/resolv.conf.ORIG", result: "new"),
            Case(testDescription: "none stays none", root: ":", result: nil),
        ]

        @Test("hooks have the host's resolvers, the image its own", .timeLimit(.minutes(1)), arguments: cases)
        func resolvers(_ test: Case) async throws {
            let host = (try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)) ?? "nameserver 8.8.8.8\n"
            try await withSandbox { sandbox in
                try sandbox.addHook("net", "root.d/50-net", "cd \"$TARGET_ROOT\"; \(test.root)")
                try sandbox.addHook(
                    "net", "install.d/50-net", "[ \"$(cat /etc/resolv.conf)\" = \"$HOST_RESOLVERS\" ]; \(test.install)")
                let result = try await sandbox.build(
                    ["-t", "tar", "-o", "x", "fake-os", "net"],
                    environment: ["HOST_RESOLVERS": host.trimmingCharacters(in: .newlines)])
                result.expectStatus(0)
                let names = try runTool("tar", ["-tf", sandbox.file("x.tar").string]).output.split(separator: "\n")
                #expect(names.contains("./etc/resolv.conf") == (test.result != nil))
                #expect(!names.contains("./etc/resolv.conf.ORIG"))
                guard let expected = test.result else { return }
                let unpack =
                    "tar -xf x.tar ./etc/resolv.conf && cd etc && "
                    + "{ readlink resolv.conf | sed 's/^/-> /' | grep . || cat resolv.conf; }"
                #expect(
                    try runTool("bash", ["-c", unpack], directory: sandbox.output.string).output == expected + "\n")
            }
        }

        @Test("temporary files go, logs are emptied, all else stays", .timeLimit(.minutes(1)))
        func temporaryFiles() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "traces", "finalise.d/50-traces",
                    """
                    mkdir -p /tmp/deep/er /var/log/sub /root/sub
                    echo x | tee /tmp/left /tmp/.hidden $'/tmp/line\\nfeed' /tmp/deep/er/file > /dev/null
                    echo x | tee /var/log/a.log /var/log/sub/b /root/x.log /root/sub/y.log /root/kept > /dev/null
                    ln -s /etc/passwd /var/log/link.log
                    """)
                try await sandbox.build(["-t", "tar", "-o", "x", "fake-os", "traces"]).expectStatus(0)
                let list = try runTool("tar", ["-tvf", sandbox.file("x.tar").string]).output
                let sizes = list.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 5).map(String.init) }
                    .filter { $0.count == 6 }.map { "\($0[2]) \($0[5])" }
                let inside = sizes.filter { $0.contains(#/ \./(tmp|var/log|root)//#) }
                #expect(
                    inside == [
                        "0 ./root/", "2 ./root/kept", "0 ./root/sub/", "0 ./tmp/", "0 ./var/log/", "0 ./var/log/a.log",
                        "0 ./var/log/link.log -> /etc/passwd", "0 ./var/log/sub/", "0 ./var/log/sub/b",
                    ])
                #expect(!sizes.contains("0 ./etc/passwd"))
            }
        }
    }
}
