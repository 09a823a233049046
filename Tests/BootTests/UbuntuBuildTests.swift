import BootTesting
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// The published command lines with `ubuntu`, built whole from a double of its cloud image, and booted.
///
/// What is inside is Debian of the builder's mirror under Ubuntu's names: `scripts/ubuntu-mirror`.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap"),
        .tool("mksquashfs"), .tool("gpg"), .tool("gpgv"), .tool("dpkg-scanpackages")),
    .timeLimit(.minutes(60)))
struct UbuntuBuildTests {
    private static let lines = [
        "ubuntu vm dhcp-all-interfaces -o my-image", "ubuntu baremetal dhcp-all-interfaces grub2 -o my-image",
        "ubuntu vm block-device-efi dhcp-all-interfaces -o my-image",
    ]

    private func build(
        _ line: String, in scratch: FilePath, _ own: [String: String], by program: String = "disk-image-create"
    ) throws -> ToolResult {
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = nil
        environment["DIB_DEBUG_TRACE"] = "0"
        environment["DIB_IMAGE_CACHE"] = scratch.appending("cache").string
        environment.merge(own) { $1 }
        return try runTool(
            Checkout.ingot.string, [program] + line.split(separator: " ").map(String.init),
            environment: environment, directory: scratch.string)
    }

    private func boot(_ image: String, in scratch: FilePath, _ more: [String] = []) throws {
        let boot = try runTool(
            Checkout.ingot.string, ["boot-test", "--timeout", "600", "\(scratch)/\(image)"] + more)
        #expect(boot.status == 0, "\(boot.output.suffix(4000))")
    }

    @Test("from the published image, checked by its signature; then offline; then from the first result")
    func published() async throws {
        try await withScratchDirectory { scratch in
            let made = try runTool(
                Checkout.root.appending("scripts/ubuntu-mirror").string, [scratch.appending("www").string])
            try #require(made.status == 0, "\(made.output)")
            let mirror = try WebServerDouble(folder: scratch.appending("www"))
            defer { mirror.stop() }
            let variables = [
                "DIB_CLOUD_IMAGES": "\(mirror.url)/noble", "DIB_UBUNTU_CLOUD_KEYRING": "\(scratch)/www/keys.gpg",
            ]
            for line in Self.lines {
                let result = try build(line, in: scratch, variables)
                try #require(result.status == 0, "\(result.output.suffix(4000))")
                #expect(result.output.contains("Verified \(scratch)/cache/noble-server-cloudimg-"))
                let isBare = line.contains("baremetal")
                try boot(
                    "my-image.qcow2", in: scratch,
                    isBare ? ["--kernel", "\(scratch)/my-image.vmlinuz", "--initrd", "\(scratch)/my-image.initrd"] : [])
                if line.hasPrefix("ubuntu vm dhcp") {
                    _ = try runTool("mv", ["\(scratch)/my-image.qcow2", "\(scratch)/golden.qcow2"])
                }
            }
            // An existing image as a base: the first result, changed.
            let again = try build(
                "ubuntu vm -p file -o again", in: scratch, ["DIB_LOCAL_IMAGE": "\(scratch)/golden.qcow2"])
            try #require(again.status == 0, "\(again.output.suffix(4000))")
            try boot("again.qcow2", in: scratch)
        }
    }

    @Test(.requires(.optIn("INGOT_LONG_TESTS"))) func deployRamdisk() async throws {
        try await withScratchDirectory { scratch in
            let made = try runTool(
                Checkout.root.appending("scripts/ubuntu-mirror").string, [scratch.appending("www").string])
            try #require(made.status == 0, "\(made.output)")
            let mirror = try WebServerDouble(folder: scratch.appending("www"))
            defer { mirror.stop() }
            let variables = [
                "DIB_CLOUD_IMAGES": "\(mirror.url)/noble", "DIB_UBUNTU_CLOUD_KEYRING": "\(scratch)/www/keys.gpg",
            ]
            let ramdisk = try build(
                "ubuntu deploy-baremetal -o deploy", in: scratch, variables, by: "ramdisk-image-create")
            try #require(ramdisk.status == 0, "\(ramdisk.output.suffix(4000))")
            try await deploys(in: scratch)
        }
    }

    /// Starts the deploy ramdisk until it has offered its disk to the boot server.
    private func deploys(in scratch: FilePath) async throws {
        let server = try WebServerDouble(port: DeployMachine.bootServerPort) { _ in .json("{}") }
        defer { server.stop() }
        try SampleSystem.shell("cd '\(scratch)' && mkdir tftp && truncate -s 64M disk")
        let accelerator = try await AcceleratorProbe(runner: SubprocessRunner()).best(in: scratch)
        let ports = try (WebServerDouble.freePort(), WebServerDouble.freePort())
        let machine = try DeployMachine.start(accelerator, ports: ports, in: scratch)
        defer { stop(machine) }
        let request = server.request(within: 900) { $0.line.hasPrefix("POST / ") }
        let console = (try? String(contentsOfFile: "\(scratch)/console", encoding: .utf8)) ?? ""
        #expect(
            request?.body == "i=7&k=secret&a=10.0.2.15&n=\(DeployMachine.target)&e=", "\(console.suffix(4000))")
    }

    @Test("ubuntu-minimal from an archive, here Debian's under Ubuntu's name")
    func minimal() async throws {
        try await withScratchDirectory { scratch in
            let result = try build(
                "ubuntu-minimal vm -p linux-image-cloud-amd64 -o minimal", in: scratch,
                [
                    "DIB_RELEASE": "bookworm", "DIB_DISTRIBUTION_MIRROR": "http://deb.debian.org/debian",
                    "DIB_APT_KEYRING": "/usr/share/keyrings/debian-archive-keyring.gpg",
                    "DIB_DEBIAN_COMPONENTS": "main",
                    "DIB_UBUNTU_MIRROR_DISTS": "updates", "DIB_UBUNTU_KERNEL": "none", "DIB_APT_CHECK_VALID_UNTIL": "0",
                ])
            try #require(result.status == 0, "\(result.output.suffix(4000))")
            try boot("minimal.qcow2", in: scratch)
        }
    }
}
