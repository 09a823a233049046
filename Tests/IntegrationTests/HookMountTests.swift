import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// What hooks mount and start is seen by later hooks, and ends with the tree: never are the host's files touched.
    @Suite struct HookMounts {
        enum End: CaseIterable {
            case success
            case failure
            case kill
        }

        @Test(
            "a host directory that hooks have bound is shown, released, and keeps its files",
            .timeLimit(.minutes(1)), arguments: End.allCases)
        func boundDirectories(end: End) async throws {
            try await withSandbox { sandbox in
                let host = sandbox.path.appending("host")
                try FileManager.default.createDirectory(atPath: host.string, withIntermediateDirectories: true)
                try "precious".write(toFile: host.appending("file").string, atomically: false, encoding: .utf8)
                let bind =
                    "mkdir -p \"$TMP_MOUNT_PATH/$place\" && mount --bind \"$HOST_DIRECTORY\" \"$TMP_MOUNT_PATH/$place\""
                try sandbox.addHook("bind", "extra-data.d/50-bind", "place=srv/bound; \(bind)")
                try sandbox.addHook("bind", "install.d/50-look", "[ \"$(cat /srv/bound/file)\" = precious ]")
                try sandbox.addHook("bind", "post-root.d/50-look", "[ -e \"$TMP_MOUNT_PATH/srv/bound/file\" ]")
                try sandbox.addHook(
                    "bind", "pre-finalise.d/50-look",
                    "! [ -e \"$TMP_MOUNT_PATH/srv/bound/file\" ]; place=srv/bound; \(bind); place=tmp/bound; \(bind)")
                let last = ["failure": "exit 9", "kill": "echo now-$((40 + 2)); sleep 600"]
                try sandbox.addHook("bind", "cleanup.d/50-end", last["\(end)"] ?? ":")
                let build = try sandbox.start(
                    ["disk-image-create", "-n", "-t", "tar", "-o", "x", "fake-os", "bind"],
                    environment: ["HOST_DIRECTORY": host.string])
                if end == .kill {
                    #expect(try await build.prints("now-42"))
                    build.send(SIGKILL)
                }
                let result = try await build.result()
                result.expectStatus([.success: 0, .failure: 9, .kill: 137][end] ?? 0)
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
                #expect(try sandbox.names(in: host) == ["file"])
                #expect(try String(contentsOfFile: host.appending("file").string, encoding: .utf8) == "precious")
                guard end == .success else { return }
                let list = try runTool("tar", ["-tf", sandbox.file("x.tar").string]).output.split(separator: "\n")
                #expect(list.contains("./srv/bound/"))
                #expect(!list.contains("./srv/bound/file"))
            }
        }

        @Test("a daemon that a hook leaves is ended, even if it ignores SIGTERM", .timeLimit(.minutes(1)))
        func daemons() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook(
                    "daemon", "install.d/50-start",
                    """
                    (trap '' TERM HUP; exec 9> /var/daemon-file; while :; do sleep 1; done) > /dev/null 2>&1 < /dev/null &
                    sleep 600 > /dev/null 2>&1 < /dev/null &
                    """)
                let result = try await sandbox.build(["-t", "raw", "-o", "x", "fake-os", "daemon"])
                result.expectStatus(0)
                #expect(try sandbox.processes() == [])
            }
        }

        @Test("two builds at once do not disturb each other", .timeLimit(.minutes(1)))
        func concurrentBuilds() async throws {
            try await withSandbox { sandbox in
                let builds = try ["a", "b"].map { name in
                    try sandbox.start(["disk-image-create", "-n", "-t", "tar,raw,qcow2", "-o", name, "fake-os"])
                }
                for build in builds { try await build.result().expectStatus(0) }
                #expect(
                    try sandbox.names(in: sandbox.output) == ["a.qcow2", "a.raw", "a.tar", "b.qcow2", "b.raw", "b.tar"])
            }
        }
    }
}
