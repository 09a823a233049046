import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// `ingot build` by root of a container that has Docker's own filter and capabilities, and nothing else.
    @Suite(.requires(.root, .tool("python3"), .tool("setpriv"), .tool("setcap"), .tool("setfacl")))
    struct ChrootOnly {
        private let dated = ["SOURCE_DATE_EPOCH": "1700000000"]

        /// A tree with all that needs root's rights, made of times that differ from build to build.
        private func addSpecial(_ sandbox: BuildSandbox) throws {
            try sandbox.addHook(
                "special", "root.d/50-special",
                """
                mkdir "$TARGET_ROOT/special" "$TARGET_ROOT/dev/own"; cd "$TARGET_ROOT/special"
                touch shadow nobody ../dev/own/file; sudo chown 0:42 shadow; chmod 640 shadow
                sudo chown 65534:65534 nobody
                cp /bin/true suid; sudo chown 33:33 suid; sudo chmod 4755 suid; ln suid hard; ln -s suid soft
                cp /bin/true ping; sudo setcap cap_net_raw+ep ping
                touch list; setfacl -m u:100:r,g:42:rw list; setfattr -n user.note -v hello list; mkfifo pipe
                sudo mknod -m 0660 disk b 8 1; sudo chown 0:6 disk; sudo mknod -m 0666 ../dev/null c 1 3
                """)
            try sandbox.addHook(
                "special", "install.d/50-inside",
                """
                [ "$(id -u)" = 0 ] && echo x > /dev/null && [ -d /sys/class ] && [ ! -e /dev/own ]
                [ "$(cat < <(echo "through /dev/fd"))" = "through /dev/fd" ]
                [[ $(cat /proc/self/comm) = cat && $(readlink /proc/self) =~ ^[0-9]+$ ]]
                [ "$(readlink /proc/self/exe)" = /usr/bin/readlink ] && [ -n "$(ls /proc/1)" ]
                [ -c /dev/tty ] && echo error > /dev/stderr && [ "$(stat -c %F /dev/fd/)" = directory ]
                exec 9> /made-by-number; chmod 640 /proc/self/fd/9; [ "$(stat -c %a /made-by-number)" = 640 ]
                ! { echo x > /sys/kernel/mm/ksm/run; } 2> /dev/null
                ! chmod 700 /proc/sys/kernel/hostname 2> /dev/null
                mkdir -m 2755 /from-inside; mkfifo /from-inside/pipe; echo gone > /dev/left
                """)
        }

        /// Path, type, mode, owner, times, attributes and contents of all that is in an archive.
        private func manifest(_ archive: FilePath) throws -> [String] {
            let script = """
                import hashlib, sys, tarfile
                with tarfile.open(sys.argv[1]) as tar:
                    for m in tar:
                        data = hashlib.sha256(tar.extractfile(m).read()).hexdigest() if m.isreg() else ""
                        pax = sorted((k, v.encode("utf-8", "surrogateescape").hex()) for k, v in m.pax_headers.items())
                        print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.mtime, m.devmajor, m.devminor, m.linkname, data, pax)
                """
            let result = try runTool("python3", ["-c", script, archive.string])
            try #require(result.status == 0, "\(result.output)")
            return result.output.split(separator: "\n").map(String.init)
        }

        @Test("tree and disk are those of a build by root, byte for byte", .timeLimit(.minutes(3)))
        func sameBytes() async throws {
            try await withSandbox { sandbox in
                try addSpecial(sandbox)
                let types = ["tar", "raw", "squash"]
                // The name of an image is part of its identity.
                let arguments = [
                    "build", "--no-cache", "-n", "-t", "tar,raw,squashfs", "-o", "bare", "fake-os", "special",
                ]
                try await sandbox.start(arguments, environment: dated).result().expectStatus(0)
                for type in types {
                    try FileManager.default.moveItem(
                        atPath: sandbox.file("bare.\(type)").string, toPath: sandbox.file("root.\(type)").string)
                }
                let result = try await sandbox.startConfined(arguments, environment: dated).result()
                result.expectStatus(0)
                #expect(result.output.contains("This container allows no namespaces: hooks run by chroot alone"))
                let tree = try manifest(sandbox.file("bare.tar"))
                #expect(tree == (try manifest(sandbox.file("root.tar"))))
                #expect(tree.contains { $0.hasPrefix("./special/disk 4 0o660 0 6 ") && $0.contains(" 8 1 ") })
                #expect(tree.contains { $0.hasPrefix("./special/ping ") && $0.contains("security.capability") })
                #expect(
                    tree.contains { $0.hasPrefix("./dev/own/file ") } && !tree.contains { $0.contains("/dev/left") })
                #expect(!tree.contains { $0.contains("in_target.d") })
                for type in types {
                    let files = ["root", "bare"].map { sandbox.file("\($0).\(type)").string }
                    #expect(try runTool("cmp", files).output == "")
                }
                let check = try runTool("e2fsck", ["-fn", sandbox.file("bare.raw").string])
                #expect(check.status == 0, "\(check.output)")
            }
        }

        @Test("what hooks mount is a copy that gives back what is new", .timeLimit(.minutes(2)))
        func standIns() async throws {
            try await withSandbox { sandbox in
                let cache = sandbox.path.appending("cache")
                try sandbox.addHook(
                    "mounts", "root.d/50-mounts",
                    """
                    mkdir -p \(cache)/part "$TARGET_ROOT/var/cache/list" "$TARGET_ROOT/usr/sbin"; echo old > \(cache)/old
                    echo below > "$TARGET_ROOT/var/cache/list/below"
                    cp "$(command -v touch)" "$(command -v rmdir)" "$TARGET_ROOT/usr/bin/"
                    printf '#!/bin/bash\\necho original\\n' > "$TARGET_ROOT/usr/bin/probe"; chmod 755 "$TARGET_ROOT/usr/bin/probe"
                    sudo mount --bind \(cache) "$TARGET_ROOT/var/cache/list"
                    mountpoint -q "$TARGET_ROOT/var/cache/list" && ! mountpoint -q "$TARGET_ROOT/var/cache"
                    sudo mount -t proc none "$TARGET_ROOT/proc"
                    [ "$(sudo chroot "$TARGET_ROOT" bash -c 'cat < <(echo seen)')" = seen ]
                    sudo umount "$TARGET_ROOT/proc"
                    ! sudo mount --bind \(cache) \(sandbox.output) 2> refusal
                    grep -q "this container can mount nothing" refusal
                    """)
                try sandbox.addHook(
                    "mounts", "install.d/50-inside",
                    """
                    [ "$(cat /var/cache/list/old)" = old ] && [ ! -e /var/cache/list/below ]
                    mountpoint -q /var/cache/list && mountpoint -q /proc && ! mountpoint -q /var
                    echo new > /var/cache/list/new; echo changed > /var/cache/list/old
                    printf '#!/bin/bash\\necho stand-in\\n' > /tmp/other; chmod 755 /tmp/other
                    mount -n -o bind /tmp/other /usr/bin/probe; [ "$(probe)" = stand-in ]
                    umount -n /usr/bin/probe; [ "$(probe)" = original ]
                    # The build ends this one.
                    mount --bind /tmp/other /usr/bin/probe
                    """)
                try sandbox.addHook(
                    "mounts", "cleanup.d/50-after",
                    """
                    [ "$("$TARGET_ROOT/usr/bin/probe")" = original ]
                    [ "$(ls "$TARGET_ROOT/var/cache/list")" = below ] && [ "$(cat \(cache)/new \(cache)/old)" = $'new\\nchanged' ]
                    """)
                let arguments = ["build", "-n", "-t", "tar,raw", "-o", "x", "fake-os", "mounts"]
                try await sandbox.startConfined(arguments).result().expectStatus(0)
            }
        }

        @Test("killed at random moments, it leaves nothing", .timeLimit(.minutes(3)))
        func killed() async throws {
            try await withSandbox { sandbox in
                try addSpecial(sandbox)
                for phase in ["install", "post-install", "finalise", "cleanup"] {
                    try sandbox.addHook("slow", "\(phase).d/50-slow-\(phase)", "sleep 0.05 & sleep 0.05; wait")
                }
                try sandbox.addHook("slow", "install.d/60-daemon", "sleep 600 > /dev/null 2>&1 < /dev/null &")
                let arguments = ["build", "-n", "-t", "tar,raw", "-o", "x", "fake-os", "special", "slow"]
                let whole = try await sandbox.startConfined(arguments).result()
                whole.expectStatus(0)
                var random = SeededGenerator(seed: 3)
                for round in 1...10 {
                    let build = try sandbox.startConfined(arguments)
                    let moment = Double.random(in: 0...whole.seconds, using: &random)
                    try await Task.sleep(for: .seconds(moment))
                    build.send(SIGKILL)
                    _ = try await build.result()
                    #expect(try await sandbox.leftovers(within: .seconds(3)) == [], "round \(round) at \(moment) s")
                }
            }
        }

        @Test("what cannot work is refused with one line, before anything is written", .timeLimit(.minutes(1)))
        func refused() async throws {
            try await withSandbox { sandbox in
                let build = ["build", "-n", "-t", "raw", "-o", "x", "fake-os"]
                let lacking = try await sandbox.startConfined(
                    build, capabilities: DockerConfinement.capabilities.filter { $0 != "mknod" }
                ).result()
                lacking.expectStatus(1)
                #expect(lacking.output.contains("a build by chroot alone lacks MKNOD"))
                // Where the test's directories are, no other user may look.
                let user = try await sandbox.startConfined(
                    ["doctor", "fake-os"], environment: ["ELEMENTS_PATH": nil, "TMPDIR": nil], user: 65534
                ).result()
                user.expectStatus(1)
                #expect(user.output.contains("mend: run it as root of the container"), "\(user.output)")
                let loops = try await sandbox.startConfined(build + ["--backend", "loop"]).result()
                loops.expectStatus(1)
                #expect(
                    loops.output.contains("loop devices: in this container nothing can be mounted"), "\(loops.output)")
                #expect(try sandbox.names(in: sandbox.output).isEmpty && sandbox.names(in: sandbox.temporary).isEmpty)
            }
        }
    }
}
