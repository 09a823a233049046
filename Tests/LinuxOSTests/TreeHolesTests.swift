import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.timeLimit(.minutes(1)))
    struct TreeHolesTests {
        /// Where a file has data, block by block, as the file system says.
        private static let map = """
            import os, sys
            for name in sorted(os.listdir('.')):
                if not os.path.isfile(name) or os.path.islink(name): continue
                file, end, found = os.open(name, os.O_RDONLY), 0, []
                while True:
                    try: start = os.lseek(file, end, os.SEEK_DATA)
                    except OSError: break
                    end = os.lseek(file, start, os.SEEK_HOLE)
                    found.append((start, end))
                print(name, os.fstat(file).st_size, int(os.fstat(file).st_mtime), found)
            """

        @Test(.requires(.tool("python3")), arguments: ["/dev/shm", "/var/tmp"])
        func equalContentsHaveEqualHoles(place: String) async throws {
            try await withScratchDirectory(in: place) { folder in
                let made = try runTool(
                    "bash",
                    [
                        "-ec",
                        """
                        head -c 20000 /dev/zero > dense; truncate -s 20000 sparse
                        # Data in the second block of five, and in the tail of the last.
                        for name in dense sparse; do
                            printf x | dd of=$name bs=1 seek=5000 conv=notrunc status=none
                            printf y | dd of=$name bs=1 seek=19999 conv=notrunc status=none
                        done
                        head -c 3000 /dev/zero > short; : > empty; ln dense other; ln -s /etc/passwd link
                        head -c 3000000 /dev/zero > large; printf z | dd of=large bs=1 seek=1048575 conv=notrunc status=none
                        head -c 9000 /dev/urandom > random; sha256sum dense short large random > sums; touch -d @1000000 *
                        """,
                    ], directory: folder.string)
                try #require(made.status == 0, "\(made.output)")
                try TreeHoles.punchZeros(in: folder)
                let map = try runTool("python3", ["-c", Self.map], directory: folder.string)
                let lines = Set(map.output.split(separator: "\n").filter { !$0.hasPrefix("sums") }.map(String.init))
                let tail = "20000 1000000 [(4096, 8192), (16384, 20000)]"
                #expect(
                    lines == [
                        "dense \(tail)", "other \(tail)", "sparse \(tail)", "short 3000 1000000 []",
                        "empty 0 1000000 []",
                        "large 3000000 1000000 [(1044480, 1048576)]", "random 9000 1000000 [(0, 9000)]",
                    ])
                #expect(try runTool("sha256sum", ["-c", "--quiet", "sums"], directory: folder.string).status == 0)
            }
        }

        /// The kernel takes them away from a file in which a hole is made.
        @Test(
            "a program keeps its capabilities and its set-uid bit", .requires(.root, .tool("setcap")),
            arguments: ["/dev/shm", "/var/tmp"])
        func privileges(place: String) async throws {
            try await withScratchDirectory(in: place) { folder in
                let making = "head -c 65536 /dev/zero > it; echo >> it; chmod 4755 it; setcap cap_net_raw=ep it"
                let made = try runTool("bash", ["-ec", making], directory: folder.string)
                try #require(made.status == 0, "\(made.output)")
                try TreeHoles.punchZeros(in: folder)
                let seen = try runTool("bash", ["-c", "getcap it; stat -c '%a %b' it"], directory: folder.string)
                #expect(seen.output == "it cap_net_raw=ep\n4755 8\n")
            }
        }

        @Test("a file of a lower directory, copied when it is opened", .requires(.root, .tool("python3")))
        func stackedDirectories() async throws {
            try await withScratchDirectory(in: "/var/tmp") { folder in
                let made = try runTool(
                    "bash",
                    [
                        "-ec",
                        """
                        mkdir lower upper work tree
                        # Two holes and one block of zeros, below what overlayfs keeps of holes when it copies.
                        head -c 40960 /dev/urandom | tr '\\0' x > lower/file
                        for block in 2 5; do fallocate -p -o $((block * 4096)) -l 4096 lower/file; done
                        dd if=/dev/zero of=lower/file bs=4096 seek=7 count=1 conv=notrunc status=none; touch -d @1000000 lower/file
                        mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work tree
                        """,
                    ], directory: folder.string)
                try #require(made.status == 0, "\(made.output)")
                defer { _ = try? runTool("umount", ["\(folder)/tree"]) }
                try TreeHoles.punchZeros(in: folder.appending("tree"))
                let map = try runTool("python3", ["-c", Self.map], directory: "\(folder)/tree")
                #expect(
                    map.output == "file 40960 1000000 [(0, 8192), (12288, 20480), (24576, 28672), (32768, 40960)]\n")
            }
        }
    }
}
