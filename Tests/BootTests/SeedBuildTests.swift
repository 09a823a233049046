import Foundation
import SystemPackage
import TestSupport
import Testing

/// The published command lines of `SeedCommandLineTests` that a Debian mirror can serve: built whole, and booted.
@Suite(
    .serialized,
    .requires(.optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap")),
    .timeLimit(.minutes(30)))
struct SeedBuildTests {
    @Test(arguments: [
        (
            "debian baremetal dhcp-all-interfaces grub2 -o my-image",
            ["my-image.initrd", "my-image.qcow2", "my-image.vmlinuz"]
        ),
        ("debian vm dhcp-all-interfaces -o my-image", ["my-image.qcow2"]),
        ("debian vm block-device-efi dhcp-all-interfaces -o my-image", ["my-image.qcow2"]),
        ("--no-tmpfs -o centos7 --image-size 10 vm debian-minimal -p apache2,mariadb-server", ["centos7.qcow2"]),
    ])
    func thePublishedLineBuildsAnImageThatBoots(line: String, files: [String]) async throws {
        try await withScratchDirectory { scratch in
            var environment = ProcessInfo.processInfo.environment
            environment["TMPDIR"] = nil
            environment["TMP_DIR"] = scratch.appending("temp").string
            environment["DIB_DEBUG_TRACE"] = "0"
            try FileManager.default.createDirectory(
                atPath: scratch.appending("temp").string, withIntermediateDirectories: true)
            let build = try runTool(
                Checkout.ingot.string, ["disk-image-create"] + line.split(separator: " ").map(String.init),
                environment: environment, directory: scratch.string)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            #expect(build.output.contains("Building in \(scratch)/temp/dib_build.") || !line.contains("--no-tmpfs"))
            let made = try FileManager.default.contentsOfDirectory(atPath: scratch.string)
            #expect(made.filter { $0.contains(".") && !$0.hasSuffix(".d") }.sorted() == files)
            let image = scratch.appending(files.first { $0.hasSuffix(".qcow2") } ?? "")
            let kernel =
                line.contains("baremetal")
                ? ["--kernel", "\(scratch)/my-image.vmlinuz", "--initrd", "\(scratch)/my-image.initrd"] : []
            let boot = try runTool(Checkout.ingot.string, ["boot-test", "--timeout", "600", image.string] + kernel)
            #expect(boot.status == 0, "\(boot.output.suffix(4000))")
        }
    }
}
