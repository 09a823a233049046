import Foundation
import SystemPackage
import TestSupport
import Testing

/// Command lines that people have published in guides for diskimage-builder, as they stand there.
///
/// With our elements as far as those exist, and with upstream's; names that neither has get a clear message. What they say
/// is only planned here; `SeedBuildTests`, `UbuntuBuildTests` and `RPMBuildTests` build them.
@Suite struct SeedCommandLineTests {
    /// From a site's guide (CentOS 7, of which upstream has no element any more).
    static let centos = [
        "--no-tmpfs -o centos7 --image-size 10 vm centos7",
        "--no-tmpfs -o centos7 --image-size 10 vm centos7 -p apache2,mysql-server",
    ]
    /// Names from the same guide for releases that have no image any more: there the user brings one.
    static let ownImage = ["centos6", "scientific6", "scientific7"].map {
        "--no-tmpfs -o \($0) --image-size 10 vm \($0)"
    }
    /// From the documentation of OpenStack's Bare Metal service.
    static let ubuntu = [
        "ubuntu baremetal dhcp-all-interfaces grub2 -o my-image", "ubuntu vm dhcp-all-interfaces -o my-image",
        "ubuntu vm block-device-efi dhcp-all-interfaces -o my-image",
    ]

    /// The same with Fedora, as that guide says.
    static let fedora = ubuntu.map { $0.replacing("ubuntu", with: "fedora") }

    /// A file with an empty file system, or a system in one that is read without a mount; the caller removes it.
    private static func image(of type: String) throws -> FilePath {
        let file = FilePath(NSTemporaryDirectory()).appending("seed-\(UUID().uuidString).img")
        let made = try runTool(
            "/bin/bash",
            [
                "-euc",
                """
                tree=$(mktemp -d); mkdir "$tree/etc"; echo ID=double > "$tree/etc/os-release"
                truncate -s 320M "$2"
                case "$1" in
                    ext4) mke2fs -q -d "$tree" "$2" ;;
                    squashfs) rm "$2"; mksquashfs "$tree" "$2" -quiet -no-progress ;;
                    luks) printf 'LUKS\\xba\\xbe\\0\\1' | dd of="$2" conv=notrunc status=none ;;
                    *) "mkfs.$1" -q "$2" ;;
                esac
                rm -r "$tree"
                """, "image", type, file.string,
            ])
        try #require(made.status == 0, "\(made.output)")
        return file
    }

    private func dryRun(_ line: String, _ environment: [String: String] = [:]) async throws -> ToolResult {
        try await withScratchDirectory { scratch in
            var variables = [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": scratch.string, "TMP_DIR": scratch.string,
            ]
            variables.merge(environment) { $1 }
            let words = line.split(separator: " ").map(String.init)
            let result = try runTool(
                Checkout.ingot.string, ["disk-image-create", "--dry-run"] + words, environment: variables,
                directory: scratch.string)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: scratch.string) == [], "a dry run writes nothing")
            return result
        }
    }

    @Test(
        "each is planned with our elements, as it stands", .requires(.root, .loopDevices),
        arguments: centos + ownImage + ubuntu + fedora)
    func ours(line: String) async throws {
        let image = try Self.image(of: "ext4")
        defer { try? FileManager.default.removeItem(atPath: image.string) }
        let result = try await dryRun(line, ["DIB_LOCAL_IMAGE": image.string])
        #expect(result.output.contains("This host can build it"), "\(result.output)")
        let words = line.split(separator: " ")
        let name = words.firstIndex(of: "-o").map { words[$0 + 1] } ?? ""
        #expect(result.output.contains("\(name).qcow2"))
        #expect(result.status == 0)
    }

    @Test(
        "an element that is not there is named at once, with what to do",
        arguments: (centos + ubuntu).map { $0.replacing(/\b(centos7|ubuntu)\b/, with: "no-such-system") })
    func missing(line: String) async throws {
        let result = try await dryRun(line)
        #expect(result.output.hasPrefix("error: Element 'no-such-system' not found\nhint: "), "\(result.output)")
        #expect(result.status == 1)
    }

    @Test("a base image that is not there is told before anything is done", .requires(.root, .loopDevices))
    func noBaseImage() async throws {
        let result = try await dryRun("ubuntu vm -o my-image", ["DIB_LOCAL_IMAGE": "/nonexistent/golden.qcow2"])
        #expect(result.output.contains("cannot read '/nonexistent/golden.qcow2': No such file or directory"))
        #expect(!result.output.contains("This host can build it"))
    }

    @Test("a release without images says so before anything is done", arguments: ownImage)
    func noPublishedImage(line: String) async throws {
        let result = try await dryRun(line)
        #expect(result.status == 1)
        #expect(
            result.output.contains(/needs the variable DIB_LOCAL_IMAGE: .* is past its end of life \(30 .* 20[0-9]+\)/),
            "\(result.output)")
        let archive = ["DIB_CLOUD_IMAGES": "https://archive.example.org", "BASE_IMAGE_FILE": "own.qcow2"]
        #expect(!(try await dryRun(line, archive)).output.contains("needs the variable"))
    }

    @Test(
        "what the base image takes of the host is told before anything is done", .requires(.root, .loopDevices),
        arguments: [
            ("xfs", "filesystem xfs of the base image"), ("btrfs", "filesystem btrfs of the base image"),
            ("squashfs", "unsquashfs"),
        ])
    func needs(type: String, check: String) async throws {
        let image = try Self.image(of: type)
        defer { try? FileManager.default.removeItem(atPath: image.string) }
        let result = try await dryRun("vm centos7 -o x", ["DIB_LOCAL_IMAGE": image.string])
        #expect(result.output.contains(check), "\(result.output)")
        let plain = try Self.image(of: "ext4")
        defer { try? FileManager.default.removeItem(atPath: plain.string) }
        let other = try await dryRun("vm centos7 -o x", ["DIB_LOCAL_IMAGE": plain.string])
        #expect(!other.output.contains("of the base image"))
    }

    @Test("what holds no system is no base image, and says so before anything is done", .requires(.root, .loopDevices))
    func noSystem() async throws {
        let result = try await dryRun("vm centos7 -o x", ["DIB_LOCAL_IMAGE": "/dev/null"])
        #expect(
            result.output.contains("base image: cannot unpack '/dev/null': it holds no file system"), "\(result.output)"
        )
        let locked = try Self.image(of: "luks")
        defer { try? FileManager.default.removeItem(atPath: locked.string) }
        let closed = try await dryRun("vm centos7 -o x", ["DIB_LOCAL_IMAGE": locked.string])
        #expect(closed.output.contains("its system is in crypto_LUKS, which is not read here"), "\(closed.output)")
    }

    @Test(
        "a compressed base image is looked into before anything is done", .requires(.root, .loopDevices, .tool("xz")),
        arguments: [
            ("xz -0 < $1 > $2", "can be read: ext file system in xz"),
            ("gzip -1 < $1 > $2", "can be read: ext file system in gzip"),
            ("qemu-img convert -O qcow2 $1 $2.q; xz -0 < $2.q > $2", "can be read: qcow2 of 320 MiB in xz"),
            ("tar -c $1 | zstd -q > $2", "can be read: tar archive in zstd"),
            ("seq 1 300000 | xz > $2", "inside it is no disk image, no archive and no file system"),
            ("printf 'QFI\\373\\0\\0\\0\\11' | cat - $1 | xz -0 > $2", "qcow2 version 9 is not known"),
            ("xz -0 < $1 | head -c 20 > $2", "'xz' does not read it; is it whole, and xz installed?"),
        ])
    func compressed(make: String, said: String) async throws {
        let image = try Self.image(of: "ext4")
        defer { try? FileManager.default.removeItem(atPath: image.string) }
        try await withScratchDirectory { scratch in
            let made = try runTool("bash", ["-euc", make, "make", image.string, "\(scratch)/base"])
            try #require(made.status == 0, "\(made.output)")
            let result = try await dryRun("vm centos7 -o x", ["DIB_LOCAL_IMAGE": "\(scratch)/base"])
            #expect(result.output.contains(said), "\(result.output)")
            #expect(result.output.contains("This host can build it") == said.hasPrefix("can be read"))
        }
    }

    @Test("the ramdisk of the Bare Metal service is planned", .requires(.root, .loopDevices))
    func ramdisk() async throws {
        try await withScratchDirectory { scratch in
            let result = try runTool(
                Checkout.ingot.string,
                ["ramdisk-image-create", "--dry-run", "-o", "deploy", "ubuntu", "deploy-baremetal"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": scratch.string],
                directory: scratch.string)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("deploy-baremetal") && result.output.contains("ubuntu-common"))
        }
    }

    @Test(
        "with upstream's elements, each is planned as it stands",
        .requires(
            .optIn("INGOT_UPSTREAM_TESTS"), .root, .loopDevices, .tool("pip3")), .timeLimit(.minutes(5)))
    func upstreams() async throws {
        try await withScratchDirectory { scratch in
            let fetched = try runTool(
                "pip3",
                ["install", "-q", "--no-deps", "--no-compile", "--target", scratch.string, "diskimage-builder==3.43.0"])
            try #require(fetched.status == 0, "\(fetched.output)")
            let library = ["ELEMENTS_PATH": scratch.appending("diskimage_builder/elements").string]
            for line in Self.ubuntu {
                let result = try await dryRun(line, library)
                #expect(result.output.contains("my-image.qcow2"), "\(line): \(result.output)")
                #expect(result.status == 0, "\(line)")
            }
            for line in Self.centos {
                let result = try await dryRun(line, library)
                // Upstream has dropped it; ours stands behind upstream's.
                #expect(result.output.contains("centos7.qcow2"), "\(result.output)")
                #expect(result.status == 0)
            }
        }
    }
}
