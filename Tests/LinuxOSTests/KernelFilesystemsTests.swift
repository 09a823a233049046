import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root), .timeLimit(.minutes(2)))
    struct KernelFilesystemsTests {
        /// Runs `body` with a root that has the host's `/usr`, read-only, and nothing else.
        private func withRoot(_ body: (FilePath) async throws -> Void) async throws {
            try await withScratchDirectory("root") { folder in
                let manager = FileManager.default
                try manager.createDirectory(atPath: folder.appending("usr").string, withIntermediateDirectories: false)
                for name in ["bin", "sbin", "lib", "lib64"] {
                    try manager.createSymbolicLink(
                        atPath: folder.appending(name).string, withDestinationPath: "usr/" + name)
                }
                let usr = try Mount.bind("/usr", to: folder.appending("usr"), readOnly: true)
                do {
                    try await body(folder)
                } catch {
                    try? Mount.unmountAll(below: folder)
                    throw error
                }
                try usr.detach()
                #expect(try MountTable.load().mounts(below: folder).isEmpty)
            }
        }

        private func inside(_ root: FilePath, _ script: String) async throws -> [String] {
            let command = Command("/bin/sh", ["-c", script], environment: Environment(["PATH": "/usr/sbin:/usr/bin"]))
            return try await SubprocessRunner().run(HookLauncher(root: root).command(command), onLine: { _ in })
                .lastLines
        }

        @Test func theRootHasWhatProgramsExpect() async throws {
            try await withRoot { root in
                let kernel = try KernelFilesystems.attach(root: root)
                let names = try await inside(root, "ls -1 /dev | tr '\\n' ' '")
                #expect(
                    names == ["console core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero "])
                #expect(
                    try await inside(
                        root,
                        """
                        echo x > /dev/null && head -c 3 /dev/zero | od -An -tx1
                        echo piped | cat /dev/stdin; test -c /dev/ptmx && echo pty
                        script -qec 'tty' /dev/null; touch /dev/shm/x && stat -c %a /dev/shm
                        stat -c '%A %t:%T' /dev/null /dev/console
                        """) == [
                            " 00 00 00", "piped", "pty", "/dev/pts/0\r", "1777", "crw-rw-rw- 1:3", "crw------- 5:1",
                        ])
                try kernel.detach()
            }
        }

        @Test func nothingDoneToDevicesInsideReachesTheHost() async throws {
            try await withRoot { root in
                let kernel = try KernelFilesystems.attach(root: root)
                let marker = "ingot-\(UInt32.random(in: 0...UInt32.max))"
                #expect(
                    try await inside(root, "rm -f /dev/null /dev/tty; touch /dev/\(marker) && ls /dev/\(marker)")
                        == ["/dev/\(marker)"])
                #expect(FileManager.default.fileExists(atPath: "/dev/null"))
                #expect(FileManager.default.fileExists(atPath: "/dev/tty"))
                #expect(!FileManager.default.fileExists(atPath: "/dev/\(marker)"))
                try kernel.detach()
            }
        }

        @Test func sysIsReadOnlyAndOnlyOwnMountsAreSeen() async throws {
            try await withRoot { root in
                let kernel = try KernelFilesystems.attach(root: root)
                let seen = try await inside(root, "cut -d' ' -f2,4 /proc/self/mounts").map { $0.prefix { $0 != "," } }
                #expect(seen == ["/usr ro", "/proc rw", "/sys ro", "/dev rw", "/dev/pts rw", "/dev/shm rw"])
                try kernel.detach()
            }
        }

        @Test(.requires(.loopDevices)) func askedForDevicesAreThereUnderTheirOwnPaths() async throws {
            try await withRoot { root in
                let file = root.appending("disk")
                _ = try runTool("truncate", ["-s", "1M", file.string])
                let device = try LoopDevice.attach(file)
                let kernel = try KernelFilesystems.attach(root: root, extraDevices: [device.path, "/dev/loop-control"])
                try kernel.mirror(device.path)
                #expect(
                    try await inside(
                        root, "blockdev --getsize64 \(device.path); stat -c '%F %a' /dev/loop-control \(device.path)")
                        == ["1048576", "character special file 660", "block special file 660"])
                for wrong: FilePath in ["/etc/passwd", "/dev/ingot-none", "/dev/../etc/passwd", "/dev"] {
                    #expect(throws: SystemError.self) { try kernel.mirror(wrong) }
                }
                try kernel.detach()
                try device.detach()
            }
        }

        @Test func mountPointsThatAreLinksDoNotLeadOut() async throws {
            try await withRoot { root in
                let outside = "/tmp/ingot-outside-\(UInt32.random(in: 0...UInt32.max))"
                try FileManager.default.createSymbolicLink(
                    atPath: root.appending("dev").string, withDestinationPath: outside)
                // The link dangles inside the root, so there is nothing to mount on: refused, and nothing stays behind.
                #expect(throws: SystemError.self) { try KernelFilesystems.attach(root: root) }
                #expect(try MountTable.load().mounts(below: root).map(\.target) == [root.appending("usr")])
                #expect(!FileManager.default.fileExists(atPath: outside))
            }
        }
    }
}
