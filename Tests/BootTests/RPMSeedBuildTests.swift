import Foundation
import SystemPackage
import TestSupport
import Testing

/// The published command lines for RPM distributions, built whole from doubles of their images, and booted.
///
/// The images are those of `Tests/Doubles/rpm-image`: real packages in a real database, on disks laid out as the releases'
/// own are; the servers that their repositories name are gone.
@Suite(
    .serialized,
    .requires(
        [
            .optIn("INGOT_BOOT_TESTS"), .optIn("INGOT_LONG_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"),
            .tool("mkfs.xfs"), .tool("mkfs.btrfs"), .tool("gpgv"), .tool("grub-mkimage"),
        ]
            + RPMRepositories.bootableTools),
    .timeLimit(.minutes(30)))
struct RPMSeedBuildTests {
    struct Line: Sendable, CustomTestStringConvertible {
        /// Of the guide, without the program.
        let text: String
        /// Which double of `rpm-image`.
        let kind: String
        /// Where the release's packages are below the mirror's root.
        let place: String
        /// Packages that must be there at the end.
        var packages: Set<String> = []

        var testDescription: String { text }
        var arguments: [String] { text.split(separator: " ").map(String.init) }
        /// What the disk is called.
        var name: String {
            arguments.contains("my-image") ? "my-image" : arguments.last { $0.last?.isNumber == true } ?? ""
        }
    }

    static let old = [
        Line(
            text: "--no-tmpfs -o centos7 --image-size 10 vm centos7 -p apache2,mysql-server", kind: "el7",
            place: "7.9.2009/os/x86_64", packages: ["httpd", "mariadb-server"]),
        Line(text: "--no-tmpfs -o centos6 --image-size 10 vm centos6", kind: "el6", place: "6.10/os/x86_64"),
        Line(text: "--no-tmpfs -o scientific7 --image-size 10 vm scientific7", kind: "sl7", place: "7x/x86_64/os"),
        Line(text: "--no-tmpfs -o scientific6 --image-size 10 vm scientific6", kind: "sl6", place: "6x/x86_64/os"),
    ]
    static let fedora = [
        "fedora baremetal dhcp-all-interfaces grub2 -o my-image", "fedora vm dhcp-all-interfaces -o my-image",
        "fedora vm block-device-efi dhcp-all-interfaces -o my-image",
    ].map { Line(text: $0, kind: "fedora", place: "releases/43/Everything/x86_64/os", packages: ["audit", "openssl"]) }

    @Test("a release that is past its end, from an image of the site's own", arguments: old)
    func ownImage(line: Line) async throws {
        let image = try RPMRepositories.image(line.kind)
        try await withBuild(of: line, { _, _ in ["DIB_LOCAL_IMAGE": image.string] }) { scratch, output, mirror in
            #expect(output.contains(/WARNING: (CentOS|Scientific Linux) [67] is past its end of life/))
            let tree = try expectSystem(of: line, in: scratch)
            let repository = try text(tree, "etc/yum.repos.d/base.repo")
            let base = line.place.replacing("x86_64", with: "$basearch")
            #expect(repository.contains("\nbaseurl=\(mirror.url)/\(base)/\n"), "\(repository)")
            #expect(repository.contains("\n#mirrorlist="), "\(repository)")
            #expect(try text(tree, "etc/yum.conf").contains("/tmp/yum") == false)
            let features = try superblock(of: line, in: scratch)
            #expect(features.contains("extent"), "\(features)")
            #expect(!features.contains("metadata_csum") && features.contains("64bit") == line.kind.hasSuffix("7"))
            #expect(
                try text(tree, "usr/local/bin/dib-init-system").contains(
                    line.kind.hasSuffix("6") ? "upstart" : "systemd"))
            try boots(line, in: scratch)
        }
    }

    @Test("Fedora from the image that the project publishes, checked by its signature", arguments: fedora)
    func published(line: Line) async throws {
        let image = try RPMRepositories.image(line.kind)
        let publish = { (scratch: FilePath, mirror: WebServerDouble) in
            try SampleSystem.shell(
                """
                cd '\(scratch)'; mkdir -m 0700 gpg; mkdir www/images; export GNUPGHOME=$PWD/gpg
                gpg --batch --quiet --passphrase '' --quick-generate-key key@example.org ed25519 sign never 2>/dev/null
                gpg --batch --armor --export > key.asc; cd www/images
                ln -s '\(image)' Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2
                sha256sum --tag *.qcow2 | gpg --batch --quiet --clear-sign > Fedora-Cloud-43-1.6-x86_64-CHECKSUM
                gpgconf --kill all
                """)
            return ["DIB_CLOUD_IMAGES": "\(mirror.url)/images", "DIB_RPM_KEYRING": "\(scratch)/key.asc"]
        }
        try await withBuild(of: line, publish) { scratch, output, mirror in
            #expect(output.contains("Verified \(scratch)/cache/Fedora-Cloud-Base-Generic-43-1.6.x86_64.qcow2"))
            let tree = try expectSystem(of: line, in: scratch)
            #expect(
                try text(tree, "etc/yum.repos.d/fedora.repo").contains("\nbaseurl=\(mirror.url)/releases/$releasever/"))
            #expect(try text(tree, "usr/local/sbin/dhcp-all-interfaces.sh").contains("timeout=30"))
            // A boot entry of the machine that the image was made on is that of no other machine.
            let entries = try FileManager.default.contentsOfDirectory(atPath: "\(tree)/boot/loader/entries")
            #expect(entries.count == 1 && entries[0].hasSuffix("-6.1.conf") && !entries[0].hasPrefix("fedcba98"))
            try boots(line, in: scratch)
        }
    }

    /// Builds `line` with the release's packages on a server of the loopback.
    private func withBuild(
        of line: Line, _ more: (FilePath, WebServerDouble) throws -> [String: String],
        check: (FilePath, String, WebServerDouble) throws -> Void
    ) async throws {
        let repositories = try RPMRepositories.make(bootable: true)
        try await withScratchDirectory { scratch in
            try SampleSystem.shell(
                """
                cd '\(scratch)'; mkdir temp; mkdir -p 'www/\(line.place)'; rmdir 'www/\(line.place)'
                ln -s '\(repositories)/\(line.kind)' 'www/\(line.place)'
                """)
            let mirror = try WebServerDouble(folder: scratch.appending("www"))
            defer { mirror.stop() }
            var environment = ProcessInfo.processInfo.environment
            environment["TMPDIR"] = nil
            environment.merge([
                "DIB_DISTRIBUTION_MIRROR": mirror.url, "TMP_DIR": "\(scratch)/temp",
                "DIB_IMAGE_CACHE": "\(scratch)/cache", "DIB_DEBUG_TRACE": "0",
            ]) { $1 }
            environment.merge(try more(scratch, mirror)) { $1 }
            let build = try runTool(
                Checkout.ingot.string, ["disk-image-create"] + line.arguments, environment: environment,
                directory: scratch.string)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            #expect(mirror.asked.contains("GET /\(line.place)/repodata/repomd.xml"))
            try check(scratch, build.output, mirror)
        }
    }

    /// Judges what every such image has to be, whatever it was made of, and gives the place of its tree.
    private func expectSystem(of line: Line, in scratch: FilePath) throws -> FilePath {
        let image = "\(scratch)/\(line.name).qcow2"
        let tree = scratch.appending("tree")
        let judged = try runTool("qemu-img", ["check", image])
        #expect(judged.status == 0, "\(judged.output)")
        let unpacked = try runTool(Checkout.ingot.string, ["image", "extract", image, tree.string])
        try #require(unpacked.status == 0, "\(unpacked.output)")

        let listed = try runTool(
            "chroot", [tree.string, "rpm", "--query", "--all", "--queryformat", "%{NAME}\n"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"])
        let expected: Set<String> = [
            "kernel", "cloud-init", "iscsi-initiator-utils", "lsof", "tcpdump", "selinux-policy-targeted",
        ]
        let installed = Set(listed.output.split(separator: "\n").map(String.init))
        #expect(expected.union(line.packages).subtracting(installed) == [], "\(listed.output)")
        #expect(installed.contains("grub2") != line.kind.hasSuffix("6"))
        // The image's own table and identifier give way; its user and what is theirs stay.
        let mounts = try text(tree, "etc/fstab")
        #expect(mounts.contains("LABEL=cloudimg-rootfs / ext4") && !mounts.contains("vda") && !mounts.contains("btrfs"))
        if !line.kind.hasSuffix("6") { #expect(try text(tree, "etc/machine-id") == "uninitialized\n") }
        #expect(try text(tree, "etc/passwd").contains("\ncloud-user:x:1000:1000:"))
        #expect(try text(tree, "etc/cloud/cloud.cfg").contains("    name: cloud-user\n"))
        let owned = try FileManager.default.attributesOfItem(atPath: "\(tree)/home/cloud-user/.profile")
        #expect(owned[.ownerAccountID] as? Int == 1000)
        #expect(try text(tree, "etc/sysconfig/network").contains("NOZEROCONF=yes"))
        return tree
    }

    /// What the root of a disk with one partition says of itself, by dumpe2fs.
    private func superblock(of line: Line, in scratch: FilePath) throws -> String {
        let script = """
            qemu-img dd -O raw bs=1M count=3 "if=$1.qcow2" "of=$1.start" && dd "if=$1.start" "of=$1.root" bs=1M skip=1 \
                status=none && dumpe2fs -h "$1.root" 2>/dev/null
            """
        return try runTool("bash", ["-c", script, "superblock", "\(scratch)/\(line.name)"]).output
    }

    private func boots(_ line: Line, in scratch: FilePath) throws {
        let stem = "\(scratch)/\(line.name)"
        let kernel =
            line.arguments.contains("baremetal") ? ["--kernel", "\(stem).vmlinuz", "--initrd", "\(stem).initrd"] : []
        for firmware in line.arguments.contains("block-device-efi") ? ["bios", "uefi"] : ["bios"] {
            let boot = try runTool(
                Checkout.ingot.string,
                ["boot-test", "--timeout", "600", "--firmware", firmware] + kernel + ["\(stem).qcow2"])
            #expect(boot.status == 0, "\(firmware): \(boot.output.suffix(4000))")
        }
    }

    private func text(_ tree: FilePath, _ path: String) throws -> String {
        try String(contentsOfFile: "\(tree)/\(path)", encoding: .utf8)
    }
}
