import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageExtraction

/// `ImageExtractor`: what comes out of an image is the tree that went in, whatever is around it.
@Suite("image extraction", .requires(.root, .tool("mke2fs"), .tool("sfdisk"), .tool("setfacl"), .tool("setfattr")))
struct ImageExtractorTests {
    private func shell(_ script: String, in folder: FilePath) throws {
        let result = try runTool("/bin/bash", ["-euo", "pipefail", "-c", script], directory: folder.string)
        try #require(result.status == 0, "\(result.output)")
    }

    /// Kind, mode, owner, size, links, time, target, device, digest, attributes and lists of each entry.
    private func survey(_ folder: FilePath) throws -> String {
        let script = #"""
            set -euo pipefail
            find . -mindepth 1 -type d -printf '%P d %m %U %G %T@\n' , ! -type d -printf '%P %y %m %U %G %s %n %T@ %l\n' | sort
            find . \( -type b -o -type c \) -exec stat -c '%n %t %T' {} + | sort
            find . -type f -links +1 -printf '%i %P\n' | sort | awk '{ if ($1 != last) n++; last = $1; print n, $2 }' | sort -k 2
            find . -type f -print0 | sort -z | xargs -0 -r sha256sum
            find . -print0 | sort -z | xargs -0 getfattr -h -d -m - 2>/dev/null | grep -v security.selinux || true
            find . ! -type l -print0 | sort -z | xargs -0 getfacl --numeric --omit-header 2>/dev/null
            """#
        let result = try runTool(
            "/bin/bash", ["-c", script], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"],
            directory: folder.string)
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    /// A small system with one of everything.
    private static let makeTree = #"""
        mkdir -p tree/{etc,usr/bin,dev,boot/efi,var/empty,srv/many} 'tree/srv/a name'
        cd tree
        printf 'ID=sample\nVERSION_ID=1\n' > usr/os-release; ln -s ../usr/os-release etc/os-release
        seq 1 300000 > srv/large; : > srv/empty; truncate -s 5M srv/hole; printf tail >> srv/hole
        printf 'a%.0s' {1..59} > srv/59; ln -s "$(printf 'x%.0s' {1..59})" srv/short; ln -s "$(printf 'y%.0s' {1..900})" srv/long
        ln srv/large srv/hard; ln srv/large 'srv/a name/hard'; ln -s /etc/passwd etc/absolute; ln -s ../../../../etc srv/up
        mknod dev/null c 1 3; mknod dev/loop b 7 260; mknod dev/high c 511 70000; mkfifo srv/pipe
        printf x > usr/bin/sudo; chmod 4755 usr/bin/sudo; chmod 1777 var/empty; chmod 2750 srv
        chown 70000:80000 srv/59; chown -h 12:34 srv/short; chown 1000:1000 'srv/a name'
        setfattr -n user.note -v hello srv/59; setfattr -n trusted.key -v 0x0001ff srv/large; setfattr -n user.dir -v d var
        setfattr -n user.big -v "$(printf 'z%.0s' {1..900})" srv/empty
        setcap cap_net_raw+ep usr/bin/sudo 2>/dev/null || setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 usr/bin/sudo
        chmod 4755 usr/bin/sudo
        setfacl -m u:1234:r,g:77:rw etc; setfacl -d -m u:99:rwx etc; setfacl -m u:5:r srv/59
        for i in $(seq 1 300); do echo "$i" > "srv/many/file-with-a-long-name-$i"; done
        find . -exec touch -h -d @1614834367 {} +
        touch -d '1960-01-01 UTC' srv/empty
        cd ..
        """#

    private func extract(_ image: FilePath, _ scratch: FilePath, partition: Int? = nil) async throws
        -> ImageExtractor.Report
    {
        let work = scratch.appending("work")
        try FileManager.default.createDirectory(atPath: work.string, withIntermediateDirectories: true)
        return try await ImageExtractor(
            image, to: scratch.appending("out"), partition: partition, scratch: work
        ).run()
    }

    @Test(
        "everything that a file has is kept, in each generation of ext",
        arguments: [
            "-t ext4", "-t ext4 -b 1024", "-t ext3 -b 1024", "-t ext2 -b 4096", "-t ext4 -O ^64bit,^extent -b 2048",
            "-t ext4 -O ea_inode,large_dir,metadata_csum_seed", "-t ext4 -O bigalloc -C 16384", "-t ext4 -I 1024",
            "-t ext4 -O ^dir_index,^filetype",
        ])
    func everything(options: String) async throws {
        try await withScratchDirectory { scratch in
            try shell(Self.makeTree + "\nmke2fs -q -d tree \(options) disk.raw 96M", in: scratch)
            let report = try await extract(scratch.appending("disk.raw"), scratch)
            #expect(report.warnings == [])
            let (wanted, found) = try (survey(scratch.appending("tree")), survey(scratch.appending("out")))
            #expect(found == wanted)
            #expect(found.contains("security.capability") && found.contains("user:1234:r--"))
        }
    }

    @Test(
        "the format around a disk, and what it is compressed by, make no difference", .requires(.tool("qemu-img")),
        arguments: [
            "qemu-img convert -O qcow2 disk.raw image", "qemu-img convert -c -O qcow2 disk.raw image",
            "qemu-img convert -O vmdk disk.raw image",
            "qemu-img convert -O vmdk -o subformat=streamOptimized disk.raw image",
            "qemu-img convert -O vdi disk.raw image", "qemu-img convert -O vpc disk.raw image",
            "qemu-img convert -O vhdx disk.raw image", "cp disk.raw image", "xz -0 -c disk.raw > image",
            "gzip -1 -c disk.raw > image", "zstd -q -c disk.raw > image",
            "qemu-img convert -O qcow2 disk.raw x && xz -0 -c x > image",
        ])
    func formats(convert: String) async throws {
        try await withScratchDirectory { scratch in
            try shell(
                Self.makeTree + """

                    printf 'UUID=11111111-2222-4333-8444-555555555555 /boot ext4 defaults 0 2\\nLABEL=ESP /boot/efi vfat defaults 0 1\\n' > tree/etc/fstab
                    printf '/dev/vda4 swap swap sw 0 0\\n' >> tree/etc/fstab
                    touch -d @1614834367 tree/etc/fstab tree/etc
                    mkdir boot; printf kernel > boot/vmlinuz-6.1; mkdir boot/efi
                    truncate -s 176M disk.raw
                    sfdisk -q disk.raw <<'TABLE'
                    label: gpt
                    start=2048, size=65536, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
                    start=67584, size=65536, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
                    start=133120, size=204800, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4
                    TABLE
                    mke2fs -q -t ext4 -U 11111111-2222-4333-8444-555555555555 -d boot -E offset=$((2048 * 512)) disk.raw 32M
                    mke2fs -q -t ext4 -d tree -E offset=$((133120 * 512)) disk.raw 100M
                    truncate -s 32M esp; mkfs.vfat -n ESP esp > /dev/null
                    seq 1 50000 > loader; mmd -i esp ::/EFI ::/EFI/BOOT; mcopy -i esp loader ::/EFI/BOOT/BOOTX64.EFI
                    dd if=esp of=disk.raw bs=1M seek=33 conv=notrunc,sparse status=none
                    \(convert); rm disk.raw
                    """, in: scratch)
            let report = try await extract(scratch.appending("image"), scratch)
            #expect(
                report.lines == [
                    "partition 3 (ext4) -> /", "partition 1 (ext4) -> /boot", "partition 2 (vfat) -> /boot/efi",
                ])
            let out = scratch.appending("out").string
            #expect(try String(contentsOfFile: "\(out)/boot/vmlinuz-6.1", encoding: .utf8) == "kernel")
            let same = try runTool("cmp", ["\(scratch)/loader", "\(out)/boot/efi/EFI/BOOT/BOOTX64.EFI"])
            #expect(same == ToolResult(status: 0, output: ""))
            try shell("rm -r out/boot/* tree/boot/*; touch -d @0 out/boot tree/boot", in: scratch)
            #expect(try survey(scratch.appending("out")) == survey(scratch.appending("tree")))
        }
    }

    @Test(
        "file systems that the kernel filled come out the same, those that are not read here by a mount",
        .requires(.loopDevices, .tool("mkfs.xfs"), .tool("mkfs.btrfs")),
        arguments: ["xfs", "btrfs", "btrfs-subvolumes", "ext4-inline", "ext4"])
    func mounted(kind: String) async throws {
        try await withScratchDirectory { scratch in
            let type = String(kind.prefix { $0 != "-" })
            guard
                try runTool("/bin/sh", ["-c", "modprobe \(type) 2>/dev/null; grep -qw \(type) /proc/filesystems"])
                    .status == 0
            else { return }
            let make = [
                "xfs": "mkfs.xfs -q", "btrfs": "mkfs.btrfs -q", "btrfs-subvolumes": "mkfs.btrfs -q",
                "ext4": "mke2fs -q -t ext4", "ext4-inline": "mke2fs -q -t ext4 -O inline_data",
            ][kind, default: "false"]
            let fill = """
                find tree -exec touch -h -d @1614834367.123456789 {} +; touch -d '2100-01-01 UTC' tree/srv/59
                mkdir mnt; mount -o loop part mnt
                if [ \(kind) = btrfs-subvolumes ]; then
                    btrfs subvolume create mnt/root; btrfs subvolume create mnt/home; echo x > mnt/home/file
                    printf 'LABEL=x / btrfs subvol=root 0 0\\nUUID=%s /home btrfs subvol=home 0 0\\n' \\
                        "$(blkid -o value -s UUID part)" > tree/etc/fstab
                    cp -a tree/. mnt/root/
                else cp -a tree/. mnt/; fi
                umount mnt
                """
            try shell(
                Self.makeTree + """

                    truncate -s 400M part; \(make) part > /dev/null
                    unshare --mount --propagation slave bash -euc \(quoted(fill)) > /dev/null
                    truncate -s 402M disk.raw; printf 'start=2048, type=83\\n' | sfdisk -q disk.raw
                    dd if=part of=disk.raw bs=1M seek=1 conv=notrunc,sparse status=none; rm part
                    qemu-img convert -O qcow2 disk.raw disk.qcow2
                    """, in: scratch)
            let report = try await extract(scratch.appending("disk.qcow2"), scratch)
            #expect(report.lines.first == "partition 1 (\(type)) -> /")
            if kind == "btrfs-subvolumes" {
                #expect(try String(contentsOfFile: "\(scratch)/out/home/file", encoding: .utf8) == "x\n")
                try shell("rm -r out/home; touch -d @1614834367.123456789 out", in: scratch)
            }
            #expect(try survey(scratch.appending("out")) == survey(scratch.appending("tree")))
            #expect(try String(contentsOfFile: "/proc/mounts", encoding: .utf8).contains(scratch.string) == false)
        }
    }

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    @Test(
        "archives and squashfs are unpacked as they are", .requires(.tool("mksquashfs"), .tool("zstd")),
        arguments: [
            "mksquashfs tree image -quiet -no-progress -xattrs",
            "tar --acls --xattrs --xattrs-include='*' -C tree -cf image .",
            "tar --acls --xattrs --xattrs-include='*' -C tree -c . | xz -0 > image",
            "tar --acls --xattrs --xattrs-include='*' -C tree -c . | zstd -q > image",
            "tar --acls --xattrs --xattrs-include='*' -C tree -c . | gzip -1 > image",
        ])
    func archives(pack: String) async throws {
        try await withScratchDirectory { scratch in
            // squashfs knows neither lists nor times outside of 32 bits, and not every attribute.
            let plain =
                "setfacl -R -b tree; touch -d 2020-01-01 tree/srv/empty tree/srv/59; find tree -exec touch -h -d @1600000000 {} +"
            try shell(Self.makeTree + "\n" + plain + "\n" + pack, in: scratch)
            _ = try await extract(scratch.appending("image"), scratch)
            #expect(try survey(scratch.appending("out")) == survey(scratch.appending("tree")))
        }
    }

    @Test("a file system that was in use gets what its journal says", .requires(.loopDevices))
    func journal() async throws {
        try await withScratchDirectory { scratch in
            // A copy taken while it is mounted and a file is new: only the journal has it.
            let work = """
                mkdir mnt; mount -o loop disk.raw mnt; echo late > mnt/etc/late; sync -f mnt; cp --sparse=always disk.raw image
                umount mnt
                """
            try shell(
                Self.makeTree
                    + "\nmke2fs -q -t ext4 -d tree disk.raw 96M; unshare --mount --propagation slave bash -euc \(quoted(work))",
                in: scratch)
            let report = try await extract(scratch.appending("image"), scratch)
            #expect(report.warnings == ["the disk (ext4) was in use; what its journal says was done first"])
            #expect(try String(contentsOfFile: "\(scratch)/out/etc/late", encoding: .utf8) == "late\n")
        }
    }

    @Test("the partition with a system is found among others, and one can be named")
    func choice() async throws {
        try await withScratchDirectory { scratch in
            try shell(
                """
                mkdir -p one/data two/etc two/usr three/etc three/usr/lib four
                echo 1 > one/number; echo 2 > two/number; echo 3 > three/number; echo ID=x > three/usr/lib/os-release
                echo 4 > four/number; truncate -s 65M disk.raw
                printf 'size=16M\\nsize=16M\\nsize=16M\\n' | sfdisk -q disk.raw
                mke2fs -q -t ext4 -d one -E offset=$((2048 * 512)) disk.raw 16M
                mke2fs -q -t ext4 -d three -E offset=$((34816 * 512)) disk.raw 16M
                mke2fs -q -t ext4 -d two -E offset=$((67584 * 512)) disk.raw 16M
                """, in: scratch)
            let report = try await extract(scratch.appending("disk.raw"), scratch)
            #expect(report.lines == ["partition 2 (ext4) -> /"])
            #expect(try String(contentsOfFile: "\(scratch)/out/number", encoding: .utf8) == "3\n")
            #expect(
                try await extract(scratch.appending("disk.raw"), scratch, partition: 1).lines == [
                    "partition 1 (ext4) -> /"
                ])
            #expect(try String(contentsOfFile: "\(scratch)/out/number", encoding: .utf8) == "1\n")
        }
    }

    @Test("what is in the target stays or is replaced; no link leads out of it")
    func confined() async throws {
        try await withScratchDirectory { scratch in
            try shell(
                """
                mkdir -p tree/etc/x tree/boot outside out/etc; echo ID=x > tree/etc/os-release; echo new > tree/etc/file
                echo secret > outside/file; ln -s \(scratch)/outside out/etc/x; ln -s \(scratch)/outside/file out/etc/file
                echo in > tree/etc/x/file; echo kept > out/etc/kept; mkdir boot; echo k > boot/k
                rmdir tree/boot; ln -s \(scratch)/outside tree/boot
                printf 'LABEL=b /boot ext4 x 0 0\\n' > tree/etc/fstab
                truncate -s 34M disk.raw; printf 'size=16M\\nsize=16M\\n' | sfdisk -q disk.raw
                mke2fs -q -t ext4 -d tree -E offset=$((2048 * 512)) disk.raw 16M
                mke2fs -q -t ext4 -L b -d boot -E offset=$((34816 * 512)) disk.raw 16M
                """, in: scratch)
            // What belongs to /boot has no place to go: its link would lead out.
            await #expect(throws: SystemError.self) { try await extract(scratch.appending("disk.raw"), scratch) }
            let result = try runTool(
                "/bin/bash", ["-c", "ls outside; cat outside/file out/etc/file out/etc/x/file out/etc/kept"],
                directory: scratch.string)
            #expect(result.output == "file\nsecret\nnew\nin\nkept\n")
        }
    }

    @Test("what holds no system is refused in one line")
    func refuse() async throws {
        try await withScratchDirectory { scratch in
            try shell(
                "truncate -s 4M empty.raw; truncate -s 40M swap.raw; mkswap -q swap.raw; printf 'BZhx' > broken",
                in: scratch)
            for (name, reason) in [
                ("empty.raw", "it holds no file system with a system"),
                ("swap.raw", "it holds no file system with a system"),
                ("broken", "'bzip2' does not read it"),
            ] {
                let error = await #expect(throws: ImageExtractionError.self) {
                    try await extract(scratch.appending(name), scratch)
                }
                #expect(error?.reason == reason)
                #expect(error?.description.contains("\n") == false)
            }
            let missing = await #expect(throws: ImageExtractionError.self) {
                try await extract(scratch.appending("none"), scratch)
            }
            #expect(missing?.description == "cannot open '\(scratch)/none': No such file or directory")
        }
    }

    @Test("a broken file system is an error of one line, and writes nothing outside")
    func broken() async throws {
        try await withScratchDirectory { scratch in
            try shell(
                Self.makeTree
                    + "\nrm -r tree/srv/large tree/srv/hole tree/srv/hard\nmke2fs -q -t ext4 -b 1024 -d tree disk.raw 8M",
                in: scratch)
            let original = try Data(contentsOf: URL(fileURLWithPath: "\(scratch)/disk.raw"))
            let used = stride(from: 1024, to: original.count, by: 512).filter {
                original[$0..<$0 + 512].contains { $0 != 0 }
            }
            var generator = SeededGenerator(seed: 7)
            var errors = 0
            for _ in 0..<40 {
                var data = original
                for _ in 0..<40 {
                    let start = used[Int(generator.next() % UInt64(used.count))]
                    data[start + Int(generator.next() % 512)] =
                        [0, 0xFF, UInt8(truncatingIfNeeded: generator.next())][Int(generator.next() % 3)]
                }
                try data.write(to: URL(fileURLWithPath: "\(scratch)/broken.raw"))
                do { _ = try await extract(scratch.appending("broken.raw"), scratch) } catch {
                    errors += 1
                    #expect(!"\(error)".contains("\n"))
                }
            }
            #expect(errors > 2)
        }
    }
}
