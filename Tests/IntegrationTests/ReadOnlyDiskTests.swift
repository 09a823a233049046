import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Partitions that are written once: what is in them is what the tree had, as the kernel and their tools see it.
    @Suite(
        .requires(
            .tool("mksquashfs"), .tool("mkfs.erofs"), .tool("fsck.erofs"), .tool("unsquashfs"), .tool("setfattr"),
            .tool("setfacl"), .tool("getfattr")))
    struct ReadOnlyDisks {
        private static func layout(optSize: String = "12MiB") -> String {
            """
            - local_loop: {name: image0, size: 128MiB}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: opt, size: \(optSize), mkfs: {type: squashfs, mount: {mount_point: /opt, fstab: {}}}}
                  - {name: srv, size: 12MiB, mkfs: {type: erofs, label: data, mount: {mount_point: /srv, fstab: {}}}}
                  - {name: inner, size: 16MiB, mkfs: {type: ext4, mount: {mount_point: /opt/app/var, fstab: {}}}}
                  - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /, fstab: {}}}}
            """
        }

        /// The same below `/opt`, `/srv` and `/reference`, which is on ext4; access lists only where they can be.
        private static let plant = plant(random: "head -c 3000000 /dev/urandom")

        private static func plant(random: String) -> String {
            """
            cd "$TMP_MOUNT_PATH"
            for place in opt srv reference; do
                mkdir -p $place/app/var $place/many; cd $place
                [ $place = opt ] && \(random) > random || cp ../opt/random random
                echo listed > listed; echo linked > first; ln first app/second; ln -s ../no/such/place dangling
                mknod null-twin c 1 3; mknod disk b 259 70000; mkfifo queue
                truncate -s 2M sparse; printf end | dd of=sparse bs=1 seek=1M conv=notrunc status=none
                for i in {1..700}; do echo $i > "many/a file with a rather long name $i"; done
                install -m 4755 -o 12 -g 70034 /dev/null owned
                setfattr -n user.colour -v green first
                setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 owned
                touch -d '2001-02-03 04:05:06 UTC' owned many random first listed
                echo hidden > app/var/hidden; chmod 700 app/var; chown 5:5 app/var
                touch -d '2005-05-05 05:05:05 UTC' app/var app . sparse dangling -h; chmod 1771 .
                cd ..
            done
            chmod 604 {opt,srv,reference}/listed; setfacl -m u:1234:rwx {opt,srv,reference}/listed
            """
        }

        private static let listing = """
            export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
            mkdir -p "$2"; mount -o "ro,loop,offset=$3,sizelimit=$4" "$1" "$2"
            cd "$2/$5"
            find . ! -path './app/var/*' ! -path './lost+found*' ! -path ./app/var -printf '%p %y %m %U %G %T@ %l\\n' | sort
            stat -c '%n %a %u %g' app/var; ls -A app/var | wc -l
            find . ! -type d ! -path './app/var/*' -printf '%p %s %n\\n' | sort
            stat -c '%n %t:%T' null-twin disk
            find . -type f ! -path './app/var/*' -print0 | sort -z | xargs -0 sha256sum
            find . -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2> /dev/null
            cd /; umount "$2"
            """

        private func list(_ sandbox: BuildSandbox, _ name: String, _ window: (Int, Int), _ folder: String) throws
            -> [Substring]
        {
            let result = try runTool(
                "unshare",
                [
                    "--mount", "--propagation", "slave", "bash", "-euc", Self.listing, "listing",
                    sandbox.file("\(name)/disk.raw").string, sandbox.path.appending("mounted").string,
                    "\(window.0)", "\(window.1)", folder,
                ])
            try #require(result.status == 0, "\(result.output)")
            return result.output.split(separator: "\n")
        }

        @discardableResult
        private func build(
            _ sandbox: BuildSandbox, _ name: String, layout: String = layout(), plant: String = plant,
            _ changes: [String: String?] = [:]
        ) async throws -> BuildResult {
            try sandbox.addHook("plant", "post-root.d/50-plant", plant)
            try FileManager.default.createDirectory(
                atPath: sandbox.file(name).string, withIntermediateDirectories: true)
            let variables: [String: String?] = [
                "SOURCE_DATE_EPOCH": "1700000000", "DIB_BLOCK_DEVICE_CONFIG": layout, "DIB_IMAGE_SIZE": nil,
            ]
            return try await sandbox.build(
                ["-t", "raw", "--backend", "auto", "-o", "\(name)/disk", "fake-os", "plant"],
                environment: variables.merging(changes) { _, new in new })
        }

        private static let mebibyte = 1 << 20

        @Test("squashfs and erofs hold what ext4 holds", .timeLimit(.minutes(4)))
        func sameTree() async throws {
            try await withSandbox { sandbox in
                try await build(sandbox, "one").expectStatus(0)
                let disk = sandbox.file("one/disk.raw").string
                let tables = try runTool("sfdisk", ["-d", disk]).output
                let identifier = try #require(tables.firstMatch(of: /1 : .*uuid=([0-9A-F-]+)/)?.1.lowercased())
                let (opt, srv) = ((Self.mebibyte, 12 * Self.mebibyte), (13 * Self.mebibyte, 12 * Self.mebibyte))
                let root = (41 * Self.mebibyte, 86 * Self.mebibyte)
                let reference = try list(sandbox, "one", root, "reference")
                #expect(reference.count > 1500)
                // A mount point of a file system of its own is empty and root's; that of the reference is its own.
                func seen(_ lines: [Substring]) -> [Substring] {
                    lines.filter { !$0.hasPrefix("app/var ") && !["0", "1"].contains($0) }
                }
                let erofs = try list(sandbox, "one", srv, ".")
                let differences = seen(erofs).difference(from: seen(reference)).map { "\($0)" }
                #expect(differences == [], "\(differences.joined(separator: "\n"))")
                // Neither access lists nor the mask that comes with them.
                let squashfs = try list(sandbox, "one", opt, ".")
                let lost = seen(squashfs).filter { !$0.contains("listed") }
                let others = seen(reference).filter {
                    !$0.contains("listed") && !$0.hasPrefix("system.posix_acl_access")
                }
                let missing = lost.difference(from: others).map { "\($0)" }
                #expect(missing == [], "\(missing.joined(separator: "\n"))")
                #expect(squashfs.contains { $0.hasPrefix("./owned f 4755 12 70034 981173106") })
                #expect(squashfs.contains("app/var 755 0 0") && squashfs.contains("0"))
                #expect(!squashfs.contains { $0.hasPrefix("system.posix_acl") })
                #expect(squashfs.contains { $0.hasPrefix("./listed f 604 0 0 981173106") })
                let script = """
                    dd if="$1" of=part bs=1M skip=13 count=12 status=none; fsck.erofs part
                    unsquashfs -o 1048576 -lls "$1" | grep -c 'a file with a rather long name'
                    debugfs -R 'cat /etc/fstab' "$1?offset=\(root.0)" 2> /dev/null
                    """
                let judged = try runTool("bash", ["-euc", script, "judge", disk], directory: sandbox.path.string)
                #expect(judged.status == 0 && judged.output.contains("700\n"), "\(judged.output)")
                #expect(judged.output.contains("PARTUUID=\(identifier) /opt squashfs ro 0 0\n"))
                #expect(judged.output.contains("LABEL=data /srv erofs ro 0 0\n"))
            }
        }

        @Test("what is built twice is the same to the last byte", .timeLimit(.minutes(4)))
        func sameBytes() async throws {
            try await withSandbox { sandbox in
                let plant = Self.plant(random: "seq 400000")
                for name in ["one", "two"] {
                    try await build(
                        sandbox, name, plant: plant, name == "one" ? [:] : ["DIB_NO_TMPFS": nil]
                    ).expectStatus(0)
                }
                let result = try runTool("cmp", ["one/disk.raw", "two/disk.raw"], directory: sandbox.output.string)
                #expect(result == ToolResult(status: 0, output: ""))
            }
        }

        @Test("a partition that is too small is named with the size that it needs", .timeLimit(.minutes(2)))
        func tooSmall() async throws {
            try await withSandbox { sandbox in
                let result = try await build(sandbox, "one", layout: Self.layout(optSize: "2MiB"))
                #expect(result.status == 1)
                #expect(
                    result.output.contains(
                        /cannot fill the squashfs filesystem of '\/opt': it takes [0-9]+ bytes \(.*\), and 'opt' has 2097152/
                    ))
                #expect(result.output.contains("give 'opt' a 'size' of at least 3 MiB"))
            }
        }
    }
}
