import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// The files that a build publishes, judged by other programs.
    @Suite struct Outputs {
        @Test(
            "a raw image is a clean ext4 file system with label and fstab", .timeLimit(.minutes(1)),
            .requires(.tool("e2fsck"), .tool("debugfs"), .tool("blkid")))
        func rawImage() async throws {
            try await withSandbox { sandbox in
                try await sandbox.build(["-t", "raw", "-o", "x", "fake-os"]).expectStatus(0)
                #expect(try sandbox.names(in: sandbox.output) == ["x.raw"])
                let image = sandbox.file("x.raw").string
                let check = try runTool("e2fsck", ["-fn", image])
                #expect(check.status == 0, "\(check.output)")
                #expect(
                    try runTool("blkid", ["-p", "-o", "value", "-s", "LABEL", image]).output == "cloudimg-rootfs\n")
                #expect(try runTool("blkid", ["-p", "-o", "value", "-s", "TYPE", image]).output == "ext4\n")
                let uuid = try runTool("blkid", ["-p", "-o", "value", "-s", "UUID", image]).output
                #expect(UUID(uuidString: uuid.trimmingCharacters(in: .newlines)) != nil)
                let fstab = try runTool("debugfs", ["-R", "cat /etc/fstab", image]).output
                #expect(fstab.contains("LABEL=cloudimg-rootfs / ext4 defaults 0 1\n"))
            }
        }

        @Test(
            "a raw image reaches another mount of the same file system, as a container's volume is",
            .timeLimit(.minutes(1)),
            .requires(.tool("qemu-img")))
        func rawImageOnAnotherMount() async throws {
            try await withSandbox { sandbox in
                let script = #"mount --bind "$PWD" "$PWD" && cd "$PWD" && exec "$@""#
                let build = try sandbox.start(
                    program: "/usr/bin/unshare",
                    ["--mount", "sh", "-c", script, "sh", Checkout.ingot.string]
                        + ["build", "-n", "--checksum", "-t", "raw,qcow2", "-o", "x", "fake-os"])
                try await build.result().expectStatus(0)
                let files = ["x.raw", "x.qcow2"].map { sandbox.file($0).string }
                #expect(try runTool("qemu-img", ["compare"] + files).status == 0)
                let sum = try runTool("sha256sum", [files[0]]).output.prefix(64)
                #expect(try sandbox.text("x.raw.sha256").hasPrefix(sum))
            }
        }

        @Test(
            "qcow2 and raw of one build hold the same disk, compressed or not, with either algorithm",
            .timeLimit(.minutes(1)), .requires(.tool("qemu-img")),
            arguments: [
                ([], "zlib", true), (["-u"], "zlib", false),
                (["--qemu-img-options", "compression_type=zstd"], "zstd", true),
            ])
        func qcow2(options: [String], algorithm: String, compressed: Bool) async throws {
            try await withSandbox { sandbox in
                try await sandbox.build(options + ["-t", "raw,qcow2", "-o", "x", "fake-os"]).expectStatus(0)
                let image = sandbox.file("x.qcow2").string
                let compare = try runTool("qemu-img", ["compare", image, sandbox.file("x.raw").string])
                #expect(compare.status == 0, "\(compare.output)")
                let check = try runTool("qemu-img", ["check", image])
                #expect(check.status == 0, "\(check.output)")
                let info = try runTool("qemu-img", ["info", "--output=json", image]).output
                #expect(info.contains("\"compression-type\": \"\(algorithm)\""))
                let counts = try runTool("qemu-img", ["check", "--output=json", image]).output
                #expect(counts.contains("\"compressed-clusters\"") == compressed, "\(counts)")
            }
        }

        @Test(
            "all formats of disks come out of one build with the same disk, with checksums", .timeLimit(.minutes(2)),
            .requires(.tool("qemu-img")))
        func allDiskFormats() async throws {
            try await withSandbox { sandbox in
                let formats = [
                    "qcow2": "qcow2", "vhd": "vpc", "vpc": "vpc", "vmdk": "vmdk", "vdi": "vdi", "vhdx": "vhdx",
                ]
                let list = formats.keys.sorted().joined(separator: ",")
                try await sandbox.build(["--checksum", "-t", "raw,\(list)", "-o", "x", "fake-os"]).expectStatus(0)
                for (format, name) in formats {
                    let compare = try runTool(
                        "qemu-img",
                        [
                            "compare", "-f", "raw", "-F", name, sandbox.file("x.raw").string,
                            sandbox.file("x.\(format)").string,
                        ])
                    #expect(compare.status == 0, "\(format): \(compare.output)")
                    let sum = try runTool("sha256sum", ["-c", "x.\(format).sha256"], directory: sandbox.output.string)
                    #expect(sum.output == "x.\(format): OK\n")
                }
            }
        }

        @Test("an option that no format has is refused before anything runs", .timeLimit(.minutes(1)))
        func options() async throws {
            try await withSandbox { sandbox in
                let result = try await sandbox.build(
                    ["-t", "vmdk", "-o", "x", "--qemu-img-options", "compat=0.10", "fake-os"])
                result.expectStatus(1)
                #expect(
                    result.output.contains(
                        "error: cannot honour image option 'compat=0.10': there is no such option of vmdk\n"))
                #expect(try sandbox.names(in: sandbox.output) == [])
            }
        }

        @Test("tgz is the gzipped tree, beside tar", .timeLimit(.minutes(1)))
        func archives() async throws {
            try await withSandbox { sandbox in
                try await sandbox.build(["-t", "tar,tgz", "-o", "x", "fake-os"]).expectStatus(0)
                #expect(try sandbox.names(in: sandbox.output) == ["x.tar", "x.tgz"])
                let plain = try runTool("tar", ["-tf", sandbox.file("x.tar").string])
                #expect(plain.output.contains("./etc/fstab\n"))
                let packed = try runTool("tar", ["-tzf", sandbox.file("x.tgz").string])
                #expect(packed.status == 0)
                #expect(packed.output == plain.output)
            }
        }

        @Test(
            "every format made from the tree holds the tree", .timeLimit(.minutes(2)),
            .requires(.tool("unsquashfs"), .tool("fsck.erofs"), .tool("skopeo"), .tool("cpio"), .tool("zstd")))
        func trees() async throws {
            try await withSandbox { sandbox in
                try sandbox.addHook("marks", "cleanup.d/50-marks", Self.marks)
                let result = try await sandbox.build(
                    [
                        "--checksum", "-t", "tar,tgz,tar.zst,squashfs,erofs,initramfs,oci,aci", "-o", "x", "fake-os",
                        "marks",
                    ],
                    environment: ["DIB_OCI_CMD": "/bin/sh -l", "DIB_EROFS_OPTIONS": "-zlz4"])
                result.expectStatus(0)
                let files = try sandbox.names(in: sandbox.output).filter {
                    !$0.hasSuffix(".md5") && !$0.hasSuffix(".sha256")
                }
                #expect(
                    files == ["x.aci", "x.erofs", "x.initramfs", "x.oci", "x.squash", "x.tar", "x.tar.zst", "x.tgz"])
                let unpacked = try runTool("bash", ["-euc", Self.unpacking], directory: sandbox.output.string)
                try #require(unpacked.status == 0, "\(unpacked.output)")
                // Of each: the list of names is that of the tar, the attribute and the links are there.
                #expect(unpacked.output == "")
                let config = try runTool("skopeo", ["inspect", "--config", "oci-archive:\(sandbox.file("x.oci"))"])
                #expect(config.output.contains(#""/bin/sh""#), "\(config.output)")
                #expect(result.output.contains("No ACI_MANIFEST specified."))
                let sums = try runTool(
                    "bash", ["-c", "cat *.sha256 | sha256sum -c --quiet"], directory: sandbox.output.string)
                #expect(sums == ToolResult(status: 0, output: ""))
            }
        }

        private static let marks = """
            sudo setfattr -n user.mark -v here $TARGET_ROOT/etc
            sudo ln $TARGET_ROOT/etc/fstab $TARGET_ROOT/etc/twin
            sudo chown 12345:54321 $TARGET_ROOT/etc/fstab
            """

        /// Unpacks each kind and prints where its tree differs from that of the tar archive.
        private static let unpacking = #"""
            take() { (cd "$1" && find . -printf '%p %y %m %U %G %n %l\n' | grep -v '^\. ' | sort; getfattr -R -m user -d .); }
            mkdir T && tar --xattrs --xattrs-include='*' -xpf x.tar -C T && take T >want
            [[ $(stat -c %u T/etc/twin) == 12345 && -n $(getfattr -n user.mark T/etc) && ! -e T/lost+found ]]
            cmp <(gzip -dc x.tgz) x.tar
            cmp <(zstd -qdc x.tar.zst) x.tar
            unsquashfs -q -n -d S x.squash >/dev/null && take S | diff want -
            mkdir E && fsck.erofs --extract=E x.erofs >/dev/null 2>&1 && (cd E && find . | sort) | diff <(cd T && find . | sort) -
            mkdir C && (cd C && gzip -dc ../x.initramfs | cpio -idm --quiet) && take C | diff <(grep -v -e user.mark -e '^# file' -e '^$' want) -
            skopeo copy -q oci-archive:x.oci dir:D && mkdir O && tar --xattrs --xattrs-include='*' -xpzf "D/$(python3 -c 'import json; print(json.load(open("D/manifest.json"))["layers"][0]["digest"][7:])')" -C O && take O | diff want -
            mkdir A && tar --xattrs --xattrs-include='*' -xpf x.aci -C A && [[ $(ls A) == rootfs ]] && take A/rootfs | diff want -
            """#

        @Test("checksum files verify with coreutils", .timeLimit(.minutes(1)))
        func checksums() async throws {
            try await withSandbox { sandbox in
                try await sandbox.build(["--checksum", "-t", "raw,qcow2", "-o", "x", "fake-os"]).expectStatus(0)
                for file in ["x.raw", "x.qcow2"] {
                    for algorithm in ["md5", "sha256"] {
                        let check = try runTool(
                            "\(algorithm)sum", ["-c", "\(file).\(algorithm)"], directory: sandbox.output.string)
                        #expect(check.output == "\(file): OK\n")
                    }
                }
            }
        }

        @Test("a second build keeps the first image and its checksums under a dated name", .timeLimit(.minutes(1)))
        func oldImages() async throws {
            try await withSandbox { sandbox in
                let old = ["x.raw": "old disk", "x.raw.md5": "old sum", "x.raw.sha256": "old sum", "x.tar": "old tree"]
                for (name, text) in old {
                    try text.write(toFile: sandbox.file(name).string, atomically: false, encoding: .utf8)
                }
                let result = try await sandbox.build(["--checksum", "-t", "raw,tar", "-o", "x", "fake-os"])
                result.expectStatus(0)
                let dated = try sandbox.names(in: sandbox.output).filter {
                    $0.contains(#/^x-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d\.raw(\.md5|\.sha256)?$/#)
                }
                #expect(dated.count == 3, "\(dated)")
                try #require(dated.first != nil)
                #expect(try dated.map { try sandbox.text($0) } == ["old disk", "old sum", "old sum"])
                #expect(result.output.contains("Old image found. Renaming it to \(dated[0])\n"))
                // Archives are replaced, as upstream does.
                #expect(try sandbox.names(in: sandbox.output).filter { $0.hasSuffix(".tar") } == ["x.tar"])
                #expect(try runTool("tar", ["-tf", sandbox.file("x.tar").string]).status == 0)
                for algorithm in ["md5", "sha256"] {
                    let sum = try runTool(
                        "\(algorithm)sum", ["-c", "x.raw.\(algorithm)"], directory: sandbox.output.string)
                    #expect(sum.output == "x.raw: OK\n")
                }
            }
        }

        @Test("OVERWRITE_OLD_IMAGE=1 keeps nothing, and a suffix in the name is not doubled", .timeLimit(.minutes(1)))
        func overwriting() async throws {
            try await withSandbox { sandbox in
                try "old".write(toFile: sandbox.file("x.qcow2").string, atomically: false, encoding: .utf8)
                try sandbox.addHook("name", "cleanup.d/50-name", "echo \"name=$IMAGE_NAME\"")
                let result = try await sandbox.build(
                    ["-t", "qcow2", "-o", "x.qcow2", "fake-os", "name"], environment: ["OVERWRITE_OLD_IMAGE": "1"])
                result.expectStatus(0)
                #expect(result.lines.contains("name=x"))
                #expect(try sandbox.names(in: sandbox.output) == ["x.qcow2"])
                let magic = try FileHandle(forReadingFrom: URL(fileURLWithPath: sandbox.file("x.qcow2").string)).read(
                    upToCount: 4)
                #expect(magic == Data([0x51, 0x46, 0x49, 0xFB]))
            }
        }

        @Test(
            "the MBR layout of an element is on the disk as sfdisk sees it", .timeLimit(.minutes(1)),
            .requires(.tool("sfdisk"), .tool("e2fsck")))
        func masterBootRecord() async throws {
            try await withSandbox { sandbox in
                let layout = Checkout.elements.appending("block-device-mbr/block-device-default.yaml")
                try await sandbox.build(
                    ["-t", "raw", "-o", "x", "fake-os"], environment: ["DIB_BLOCK_DEVICE_CONFIG": "file://\(layout)"]
                ).expectStatus(0)
                let image = sandbox.file("x.raw").string
                let answer = try runTool("sfdisk", ["-J", image]).output
                let table = try JSONDecoder().decode(SfdiskAnswer.self, from: Data(answer.utf8)).partitiontable
                #expect(table.label == "dos")
                let partition = try #require(table.partitions.first)
                #expect(table.partitions.count == 1)
                #expect(partition.start == 2048)
                #expect(partition.type == "83")
                #expect(partition.bootable == true)
                let size = try #require(FileManager.default.attributesOfItem(atPath: image)[.size] as? Int)
                // As with upstream, one alignment unit stays free at the end.
                #expect(partition.start + partition.size == size / 512 - 2048)
                let root = sandbox.path.appending("root.ext4").string
                _ = try runTool("dd", ["if=\(image)", "of=\(root)", "bs=1M", "skip=1", "conv=sparse"])
                let check = try runTool("e2fsck", ["-fn", root])
                #expect(check.status == 0, "\(check.output)")
            }
        }

        private struct SfdiskAnswer: Decodable {
            let partitiontable: Table

            struct Table: Decodable {
                let label: String
                let partitions: [Partition]
            }

            struct Partition: Decodable {
                let start: Int
                let size: Int
                let type: String
                let bootable: Bool?
            }
        }
    }
}
