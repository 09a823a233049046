import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `ingot build` as an ordinary user, beside the same build by root.
    @Suite(.requiresOrdinaryUsers) struct Rootless {
        /// Everything about a tree that only root of the machine could make by itself.
        private func addSpecial(_ sandbox: BuildSandbox) throws {
            try sandbox.addHook(
                "special", "root.d/50-special",
                """
                sudo mkdir "$TARGET_ROOT/special"; cd "$TARGET_ROOT/special"
                touch shadow nobody group; sudo chown 0:42 shadow; chmod 640 shadow
                sudo chown 65534:65534 nobody; sudo chown 7:0 group; sudo chmod 2775 group
                cp /bin/true suid; sudo chown 33:33 suid; sudo chmod 4755 suid; ln suid hard; ln -s suid soft
                cp /bin/true ping; sudo setcap cap_net_raw+ep ping
                touch list; setfacl -m u:100:r,g:42:rw list; mkdir folder; setfacl -d -m g:4:rwx folder
                setfattr -n user.note -v hello list; mkfifo pipe
                sudo mknod -m 0660 disk b 8 1; sudo chown 0:6 disk; sudo mknod null c 1 3; sudo chmod 666 null
                """)
            try sandbox.addHook(
                "special", "install.d/50-inside",
                """
                [ "$(id -u)" = 0 ] && echo x > /dev/null && [ -e /proc/self/status ] && [ -d /sys/class ]
                mkdir -m 2755 /from-inside; mkfifo /from-inside/pipe
                """)
            try sandbox.addHook(
                "special", "cleanup.d/50-sudo",
                #"[ "$(sudo -u root id -u)$(sudo -n id -u)" = 00 ] && [ "$(id -un)" = root ]; echo "sudo is $(command -v sudo)""#
            )
        }

        /// Path, type, mode, owner, attributes and contents of all that is in an archive, as Python's tarfile reads it.
        private func manifest(_ archive: FilePath) throws -> [String] {
            let script = """
                import hashlib, sys, tarfile
                skipped = ("mtime", "atime", "ctime", "path", "linkpath", "LIBARCHIVE.creationtime")
                with tarfile.open(sys.argv[1]) as tar:
                    for m in tar:
                        data = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ""
                        pax = sorted((k, v.encode("utf-8", "surrogateescape").hex()) for k, v in m.pax_headers.items() if k not in skipped)
                        print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.devmajor, m.devminor, m.linkname, data, pax)
                """
            let result = try runTool("python3", ["-c", script, archive.string])
            try #require(result.status == 0, "\(result.output)")
            return result.output.split(separator: "\n").map(String.init)
        }

        /// A sandbox that belongs to an ordinary user.
        private func withUser(_ body: (BuildSandbox, ThrowawayUser) async throws -> Void) async throws {
            try await withThrowawayUser { user in
                try await withSandbox { sandbox in
                    _ = try runTool("chown", ["-R", "\(user.name):", sandbox.path.string])
                    try await body(sandbox, user)
                }
            }
        }

        private func start(
            _ sandbox: BuildSandbox, _ user: ThrowawayUser, _ arguments: [String], _ changes: [String: String?] = [:]
        ) throws -> RunningBuild {
            let words = user.words(Checkout.ingot.string, arguments)
            return try sandbox.start(
                program: FilePath("/usr/bin/\(words[0])"), Array(words.dropFirst()), environment: changes)
        }

        @Test("a user's tree is root's", .timeLimit(.minutes(3)), arguments: ["--cache", "--no-cache"])
        func sameTree(cache: String) async throws {
            var byRoot: [String] = []
            try await withSandbox { sandbox in
                try addSpecial(sandbox)
                try await sandbox.build(["-t", "tar", "-o", "x", "fake-os", "special"]).expectStatus(0)
                byRoot = try manifest(sandbox.file("x.tar"))
            }
            try await withUser { sandbox, user in
                try addSpecial(sandbox)
                let arguments = ["build", cache, "-n", "-t", "tar,raw,squashfs", "-o", "x", "fake-os", "special"]
                let result = try await start(sandbox, user, arguments).result()
                result.expectStatus(0)
                #expect(result.output.contains("/shims/sudo"))
                #expect(try manifest(sandbox.file("x.tar")) == byRoot)
                #expect(byRoot.contains { $0.hasPrefix("./special/disk 4 0o660 0 6 8 1 ") })
                #expect(byRoot.contains { $0.hasPrefix("./special/shadow 0 0o640 0 42 ") })
                #expect(byRoot.contains { $0.hasPrefix("./special/ping ") && $0.contains("security.capability") })
                let packed = try runTool("unsquashfs", ["-lln", sandbox.file("x.squash").string, "special"]).output
                #expect(
                    packed.split(separator: "\n").contains { $0.hasPrefix("brw-rw---- 0/6") && $0.contains("8,  1") })
                for name in ["x.tar", "x.raw", "x.squash"] {
                    #expect(try sandbox.file(name).stat().userID.rawValue == user.identifier)
                }
                // What the writer of file systems has made of it.
                let seen = try runTool(
                    "debugfs", ["-R", "stat /special/disk", sandbox.file("x.raw").string])
                #expect(seen.output.contains("Type: block special"), "\(seen.output)")
            }
        }

        @Test("a second build reuses the first one's layers", .timeLimit(.minutes(3)))
        func layers() async throws {
            try await withUser { sandbox, user in
                try addSpecial(sandbox)
                let arguments = ["build", "--cache-ttl", "1h", "-n", "-t", "tar", "-o", "x", "fake-os", "special"]
                let first = try await start(sandbox, user, arguments).result()
                first.expectStatus(0)
                let tree = try manifest(sandbox.file("x.tar"))
                let second = try await start(sandbox, user, arguments).result()
                second.expectStatus(0)
                #expect(second.output.contains("Reused the layer of special root/50-special"))
                #expect(try manifest(sandbox.file("x.tar")) == tree)
            }
        }

        @Test("killed at random moments, a user's build leaves nothing", .timeLimit(.minutes(3)))
        func killed() async throws {
            try await withUser { sandbox, user in
                try addSpecial(sandbox)
                for phase in ["install", "post-install", "finalise", "cleanup"] {
                    try sandbox.addHook("slow", "\(phase).d/50-slow", "sleep 0.05 & sleep 0.05; wait")
                }
                let arguments = ["build", "--no-cache", "-n", "-t", "tar,raw", "-o", "x", "fake-os", "special", "slow"]
                let whole = try await start(sandbox, user, arguments).result()
                whole.expectStatus(0)
                var random = SeededGenerator(seed: 8)
                for round in 1...10 {
                    let build = try start(
                        sandbox, user, arguments, ["DIB_NO_TMPFS": round % 2 == 0 ? "0" : "1"])
                    let moment = Double.random(in: 0...whole.seconds, using: &random)
                    try await Task.sleep(for: .seconds(moment))
                    build.send(SIGKILL)
                    _ = try await build.result()
                    #expect(try await sandbox.leftovers(within: .seconds(3)) == [], "round \(round) at \(moment) s")
                }
            }
        }

        /// A container covers parts of its `/proc`, and then the kernel allows no second one, so no second PID namespace.
        @Test(
            "in a container, programs find themselves in /proc, and nothing outlives the build", .timeLimit(.minutes(3))
        )
        func coveredProcesses() async throws {
            try await withUser { sandbox, user in
                // Libdispatch looks for its threads by their numbers.
                try sandbox.addHook(
                    "many", "extra-data.d/50-many",
                    """
                    [ "$(readlink /proc/self)" != "" ] && grep -q many "/proc/$$/cmdline"
                    echo "x:" > list
                    for round in {1..60}; do "$INGOT" element-data pkg-map list > /dev/null 2>&1 || [ $? -lt 126 ]; done
                    setsid sleep 600 < /dev/null > /dev/null 2>&1 &
                    """)
                try sandbox.addHook(
                    "stop", "cleanup.d/60-stop", "(setsid sleep 600 &); echo now-$((40 + 2)); sleep 600")
                func start(_ elements: String...) throws -> RunningBuild {
                    let words = user.words(
                        Checkout.ingot.string,
                        ["build", "--no-cache", "-n", "-t", "tar", "-o", "x", "fake-os"] + elements)
                    // Whoever else is in the container stays; what the build's hooks have left does not.
                    let covering = """
                        mount -t proc proc /proc && mount --bind /dev/null /proc/version || exit 97
                        sleep 601 &
                        "$@"; status=$?; sleep 1
                        ! pgrep -fx 'sleep 600' || status=99; pgrep -fx 'sleep 601' || status=98; exit $status
                        """
                    return try sandbox.start(
                        program: "/usr/bin/unshare",
                        ["--mount", "--pid", "--fork", "--kill-child=SIGTERM", "sh", "-c", covering, "sh"] + words)
                }
                let whole = try await start("many").result()
                whole.expectStatus(0)
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
                let build = try start("many", "stop")
                #expect(try await build.prints("now-42"))
                let outer = try runTool("pgrep", ["-u", user.name, "-x", "ingot-session"]).output.split(separator: "\n")
                kill(try #require(outer.first.flatMap { pid_t($0) }), SIGKILL)
                #expect(try await build.result().status == 128 + SIGKILL)
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
            }
        }

        /// Init is the one that would tidy up; without it the next build of this user sweeps.
        @Test("when init itself is killed, the next build sweeps", .timeLimit(.minutes(2)))
        func swept() async throws {
            try await withUser { sandbox, user in
                try addSpecial(sandbox)
                try sandbox.addHook("stop", "cleanup.d/60-stop", "echo now-$((40 + 2)); sleep 600")
                let arguments = ["build", "--no-cache", "-n", "-t", "tar", "-o", "x", "fake-os", "special"]
                let build = try start(sandbox, user, arguments + ["stop"])
                #expect(try await build.prints("now-42"))
                let initial = try runTool("pgrep", ["-P", String(build.identifier)]).output
                kill(try #require(pid_t(initial.split(separator: "\n").first ?? "")), SIGKILL)
                _ = try await build.result()
                #expect(try await !sandbox.leftovers(within: .seconds(1)).isEmpty)
                try await start(sandbox, user, arguments).result().expectStatus(0)
                #expect(try await sandbox.leftovers(within: .seconds(3)) == [])
            }
        }

        @Test("a user without ids is told in a second, and nothing is written", .timeLimit(.minutes(1)))
        func refused() async throws {
            try await withUser { sandbox, user in
                for file in ["uid", "gid"] {
                    let text = try String(contentsOfFile: "/etc/sub\(file)", encoding: .utf8)
                    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("\(user.name):") })
                    let numbers = line.split(separator: ":").compactMap { UInt64($0) }
                    let range = "\(numbers[0])-\(numbers[0] + numbers[1] - 1)"
                    #expect(try runTool("usermod", ["--del-sub\(file)s", range, user.name]).status == 0)
                }
                let result = try await start(sandbox, user, ["build", "-n", "-o", "x", "fake-os"]).result()
                result.expectStatus(1)
                #expect(result.output.contains("/etc/subuid gives '\(user.name)' 0 ids that exist here"))
                #expect(result.output.contains("hint: sudo usermod --add-subuids "))
                #expect(try sandbox.names(in: sandbox.output).isEmpty && sandbox.names(in: sandbox.temporary).isEmpty)
            }
        }
    }
}
