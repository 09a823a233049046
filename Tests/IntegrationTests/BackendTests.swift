import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// A disk made without devices is the disk that the kernel would have made.
    @Suite(
        .requires(
            .tool("setfattr"), .tool("getfattr"), .tool("setfacl"), .tool("mcopy"), .tool("mkfs.vfat"),
            .tool("mkfs.btrfs")))
    struct Backends {
        private static func layout(root: String) -> String {
            """
            - local_loop: {name: image0, size: 300MiB}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: ESP, type: EF00, size: 40MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
                  - {name: boot, size: 40MiB, mkfs: {type: ext4, mount: {mount_point: /boot, fstab: {}}}}
                  - {name: swap, size: 20MiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {}}}}
                  - {name: old, size: 30MiB, mkfs: {type: ext3, mount: {mount_point: /srv/old, fstab: {}}}}
                  - {name: root, size: 100%, mkfs: {type: \(root), mount: {mount_point: /, fstab: {}}}}
            """
        }

        /// On the host, before the disk is made; what the fake OS has no tools for is done here.
        private static let plant = """
            cd "$TMP_MOUNT_PATH"
            mkdir -p boot/efi/EFI/BOOT boot/grub srv/old/deep many etc
            echo loader > boot/efi/EFI/BOOT/BOOTX64.EFI; echo kernel > boot/vmlinuz; echo old > srv/old/deep/file
            echo linked > first && ln first second; ln -s ../no/such/place dangling
            ln -s "$(printf 'x%.0s' {1..200})" long-link
            mknod null-twin c 1 3; mknod disk b 259 70000; mkfifo queue
            truncate -s 20M sparse && printf end | dd of=sparse bs=1 seek=10M conv=notrunc status=none
            for i in {1..700}; do echo $i > "many/a file with a rather long name $i"; done
            install -m 4755 -o 12 -g 70034 /dev/null owned; setfacl -m u:1234:rx owned
            setfattr -n user.colour -v green first; setfattr -n user.big -v "$(printf 'v%.0s' {1..900})" second
            setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 owned
            touch -d '2001-02-03 04:05:06.789 UTC' owned; chmod 0751 .; chmod 1777 srv/old; chown 7:8 boot
            """

        /// Hooks of later phases see the same, too, and write where all others do.
        private static let look = """
            for place in /boot /boot/efi /srv/old; do grep -q " $place " /proc/self/mounts; done
            printf '%s\\n' "$INGOT_DISK" > /boot/efi/seen
            echo late > /boot/grub/late
            """

        private func build(
            _ sandbox: BuildSandbox, _ backend: String, _ name: String, root: String, _ changes: [String: String?] = [:]
        ) async throws {
            try sandbox.addHook("plant", "post-root.d/50-plant", Self.plant)
            try sandbox.addHook("plant", "finalise.d/50-look", Self.look)
            let variables: [String: String?] = [
                "SOURCE_DATE_EPOCH": "1700000000", "DIB_BLOCK_DEVICE_CONFIG": Self.layout(root: root),
                "DIB_IMAGE_SIZE": nil,
            ]
            try await sandbox.build(
                ["-t", "raw", "--backend", backend, "-o", "\(name)/disk", "fake-os", "plant"],
                environment: variables.merging(changes) { _, new in new }
            ).expectStatus(0)
        }

        /// Everything in the file systems of a disk, as text; the clocks of inodes but for mtime are left out.
        private static let manifest = """
            export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
            listing() {
                find . ! -path './lost+found*' -printf '%p %y %m %U %G %l\\n' | sort
                find . ! -path './lost+found*' ! -type d -printf '%p %s %n %T@\\n' | sort
                find . -type c -o -type b | sort | xargs -r stat -c '%n %t:%T'
                find . -type f -print0 | sort -z | xargs -0 -r sha256sum
                find . ! -path './lost+found*' -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex 2> /dev/null
            }
            mkdir -p "$2"; sfdisk --verify "$1" > /dev/null
            sfdisk -d "$1" | sed -e '/^device/d' -e 's/^.*disk.raw//'
            sfdisk -d "$1" | sed -n 's/.*start= *\\([0-9]*\\), size= *\\([0-9]*\\).*/\\1 \\2/p' | while read -r start size; do
                offset=$((start * 512)) length=$((size * 512))
                blkid -p -O $offset -S $length -o export "$1" | grep -E '^(LABEL|UUID|TYPE)='
                case $(blkid -p -O $offset -S $length -s TYPE -o value "$1") in
                    ext*)
                        e2fsck -fn "$1?offset=$offset" > "$2/log" 2>&1 || cat "$2/log"
                        mount -o "ro,noload,loop,offset=$offset,sizelimit=$length" "$1" "$2"
                        (cd "$2"; listing)
                        umount "$2" ;;
                    btrfs)
                        dd if="$1" of="$2.alone" bs=512 skip=$start count=$size conv=sparse status=none
                        btrfs check --check-data-csum "$2.alone" > "$2/log" 2>&1 || cat "$2/log"
                        mount -o ro,loop "$2.alone" "$2"
                        (cd "$2"; listing)
                        umount "$2"; rm "$2.alone" ;;
                    vfat)
                        mkdir "$2/esp"; mcopy -s -n -i "$1@@$offset" ::/ "$2/esp"
                        (cd "$2/esp" && find . -type f | sort | xargs sha256sum); rm -r "$2/esp" ;;
                esac
            done
            """

        private func manifest(_ sandbox: BuildSandbox, _ name: String) throws -> String {
            let result = try runTool(
                "unshare",
                [
                    "--mount", "--propagation", "slave", "bash", "-euc", Self.manifest, "manifest",
                    sandbox.file("\(name)/disk.raw").string, sandbox.path.appending("mounted").string,
                ])
            try #require(result.status == 0, "\(result.output)")
            return result.output
        }

        @Test("both give the same tree on the same disk", .timeLimit(.minutes(4)), arguments: ["ext4", "btrfs"])
        func sameTree(root: String) async throws {
            try await withSandbox { sandbox in
                for backend in ["loop", "file"] {
                    let folder = sandbox.file(backend).string
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    try await build(sandbox, backend, backend, root: root)
                }
                let loop = try manifest(sandbox, "loop").split(separator: "\n")
                let file = try manifest(sandbox, "file").split(separator: "\n")
                #expect(loop.count > 1500)
                let differences = file.difference(from: loop).map { "\($0)" }
                #expect(differences == [], "\(differences.joined(separator: "\n"))")
            }
        }

        @Test(
            "what is built twice without devices is the same to the last byte", .timeLimit(.minutes(4)),
            arguments: ["ext4", "btrfs"])
        func sameBytes(root: String) async throws {
            try await withSandbox { sandbox in
                for name in ["one", "two"] {
                    let folder = sandbox.file(name).string
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                    // On tmpfs names are listed in another order, and inodes have other numbers.
                    try await build(sandbox, "file", name, root: root, name == "one" ? [:] : ["DIB_NO_TMPFS": nil])
                }
                let result = try runTool("cmp", ["one/disk.raw", "two/disk.raw"], directory: sandbox.output.string)
                #expect(result == ToolResult(status: 0, output: ""))
            }
        }

        @Test("a file with two names has both in a tree of layers whose times are set", .timeLimit(.minutes(2)))
        func hardLinksInLayers() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("linked", "post-root.d/50-link", "cd $TMP_MOUNT_PATH; echo x > one; ln one two")
                try await sandbox.start(
                    ["build", "-n", "-t", "raw", "-o", "disk", "fake-os", "linked"],
                    environment: ["SOURCE_DATE_EPOCH": "1700000000", "DIB_IMAGE_SIZE": nil]
                ).result().expectStatus(0)
                let layout = try runTool("sfdisk", ["-d", "disk.raw"], directory: sandbox.output.string).output
                let start = layout.firstMatch(of: /start= *([0-9]+)/).flatMap { Int($0.1) } ?? 0
                let disk = "\(sandbox.file("disk.raw"))?offset=\(start * 512)"
                for name in ["one", "two"] {
                    let seen = try runTool("debugfs", ["-R", "stat /\(name)", disk]).output
                    #expect(seen.contains("Links: 2"), "\(seen)")
                }
            }
        }

        @Test("a hook that names a device gets devices, and is told so", .timeLimit(.minutes(1)))
        func foreignHooks() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("foreign", "finalise.d/60-boot", "grub-install $IMAGE_BLOCK_DEVICE")
                let plan = try await sandbox.start(["plan", "-n", "fake-os", "foreign"]).result()
                #expect(
                    plan.output.contains(
                        "loop: hook 'finalise.d/60-boot' of element 'foreign' names IMAGE_BLOCK_DEVICE"))
                let refused = try await sandbox.start(["plan", "-n", "--backend", "file", "fake-os", "foreign"])
                    .result()
                #expect(refused.status == 1)
                #expect(refused.output.contains("the disk cannot be made as a plain file: hook 'finalise.d/60-boot'"))
                let other = try await sandbox.start(["plan", "-n", "fake-os"]).result()
                #expect(other.output.contains("file: nothing in this build needs a block device"))
            }
        }
    }
}
