import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root, .loopDevices, .tool("setfacl"), .tool("setcap")), .timeLimit(.minutes(2)))
    struct TreeCopyTests {
        /// A tree with one of everything, on a filesystem of its own, and an empty filesystem to copy it to.
        private func withFilesystems(
            _ body: @Sendable (_ source: FilePath, _ destination: FilePath) async throws -> Void
        )
            async throws
        {
            try await withScratchDirectory("copy") { folder in
                try await withTeardown { stack in
                    var targets: [FilePath] = []
                    for name in ["source", "destination"] {
                        let file = folder.appending(name + ".img")
                        let target = folder.appending(name)
                        _ = try runTool("truncate", ["-s", "64M", file.string])
                        _ = try runTool("mkdir", [target.string])
                        #expect(try runTool("mkfs.ext4", ["-q", "-I", "256", file.string]).status == 0)
                        let device = try LoopDevice.attach(file)
                        await stack.push("detach") { try device.detach(flush: false) }
                        let mount = Mount(source: device.path.string, target: target, type: "ext4")
                        try mount.attach()
                        await stack.push("unmount") { try mount.detach() }
                        targets.append(target)
                    }
                    try await body(targets[0], targets[1])
                }
            }
        }

        private let everything = """
            set -e
            rmdir lost+found; mkdir -m 2751 dir; mkdir empty; echo top > .hidden; mkdir .hiddendir; echo x > .hiddendir/x
            echo one > dir/one; ln dir/one two; ln two .hiddendir/three; ln -s dir/one link; ln -s /no/where dangling
            truncate -s 20M sparse; echo middle | dd of=sparse bs=1 seek=10000000 conv=notrunc status=none
            mknod block b 7 99; mknod char c 1 3; mkfifo fifo; mknod dir/null c 1 3; chmod 666 char
            python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
            printf x > $'bad\\xff\\xfename'; mkdir $'dir\\xfe'; printf x > $'new\\nline'; touch ' leading and trailing '
            head -c 300000 /dev/urandom > random; chmod 4755 random; chown 123456:3000000 random; chown -h 12:34 link
            cp /bin/true capable; setcap cap_net_raw+ep capable
            setfattr -n user.note -v hello dir/one; setfattr -n trusted.note -v deep dir
            setfacl -m u:1234:rwx,m:rx random dir; setfacl -d -m g:99:rx dir
            touch -d '1960-02-03 04:05:06.123456789' dir/one; touch -h -d '2001-01-01 01:01:01.987654321' link
            touch -d '2010-10-10 10:10:10.1010101' empty dir; chmod 711 .; chown 77:88 .; setfattr -n user.top -v 1 .
            touch -d '2020-02-02 02:02:02.020202020' .
            """

        private let listing = """
            find . -printf '%p %y %m %U %G %s %n %T@ %l\\n' | LC_ALL=C sort
            find . -type b -o -type c | LC_ALL=C sort | xargs -d '\\n' stat -c '%n %t %T'
            LC_ALL=C getfattr -hdR -m - . | LC_ALL=C sort; find . ! -type l -print0 | LC_ALL=C sort -z | xargs -0 getfacl -np
            find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
            find . -links +1 -type f -printf '%i %p\\n' | sort | awk '{print $2, ($1 == last); last = $1}' | LC_ALL=C sort
            stat -c %b sparse
            """

        private func list(_ folder: FilePath) throws -> String {
            try runTool("bash", ["-c", listing], directory: folder.string).output
        }

        @Test func theCopyIsTheTree() async throws {
            try await withFilesystems { source, destination in
                let made = try runTool("bash", ["-c", everything], directory: source.string)
                #expect(made.status == 0, "\(made.output)")
                // Reading a tree for the listing must not be what keeps it unchanged: listed before and after.
                let before = try list(source)
                try await TreeCopy(from: source, to: destination).run(SubprocessRunner())
                #expect(try runTool("rmdir", [destination.appending("lost+found").string]).status == 0)
                _ = try runTool("touch", ["-d", "2020-02-02 02:02:02.020202020", destination.string])
                #expect(try list(source) == before)
                #expect(try list(destination) == before)
                #expect(
                    before.contains("user.top") && before.contains("security.capability")
                        && before.contains("posix_acl"))
            }
        }

        @Test func theRootDirectoryKeepsItsMetadata() async throws {
            try await withFilesystems { source, destination in
                _ = try runTool("bash", ["-c", everything], directory: source.string)
                try await TreeCopy(from: source, to: destination).run(SubprocessRunner())
                let format = ["-c", "%a %u %g %.Y", "."]
                #expect(
                    try runTool("stat", format, directory: destination.string).output
                        == runTool("stat", format, directory: source.string).output)
            }
        }

        @Test func aFullFilesystemIsReportedWithItsSize() async throws {
            try await withScratchDirectory { folder in
                let source = folder.appending("source")
                let target = folder.appending("small")
                _ = try runTool(
                    "sh", ["-c", "mkdir source small; head -c 3000000 /dev/urandom > source/big"],
                    directory: folder.string)
                let mount = Mount(source: "ingot", target: target, type: "tmpfs", options: "size=1m")
                try mount.attach()
                let error = await #expect(throws: SystemError.self) {
                    try await TreeCopy(from: source, to: target).run(SubprocessRunner())
                }
                try mount.detach()
                #expect(error?.code == .noSpace)
                let expected =
                    "cannot copy '\(source)' to '\(target)': No space left on device: the tree has 2.9 MiB in 2 inodes"
                #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
            }
        }

        @Test func attributesThatCannotBeKeptAreAnError() async throws {
            try await withScratchDirectory { folder in
                let target = folder.appending("ramfs")
                _ = try runTool(
                    "bash", ["-c", "mkdir source ramfs; echo > source/f; setfattr -n trusted.x -v 1 source/f"],
                    directory: folder.string)
                let mount = Mount(source: "ingot", target: target, type: "ramfs")
                try mount.attach()
                await #expect(throws: CommandFailure.self) {
                    try await TreeCopy(from: folder.appending("source"), to: target).run(SubprocessRunner())
                }
                try mount.detach()
            }
        }
    }
}
