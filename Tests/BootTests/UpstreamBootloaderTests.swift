import Foundation
import SystemPackage
import TestSupport
import Testing

/// Upstream's own `bootloader` element, unmodified, in an image of ours: it calls grub-install in the chroot.
///
/// The element is downloaded where the test runs and never committed. It judges what the engine gives to foreign
/// elements: device nodes in the target's `/dev`, the disk's names, labels, a JSON package map, `sudo`.
@Suite(
    .requires(
        .optIn("INGOT_UPSTREAM_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap"),
        .tool("python3"), .tool("pip3")))
struct UpstreamBootloaderTests {
    static let requirement = "diskimage-builder==3.43.0"

    /// For UEFI its grub-install finds a FAT filesystem at /boot/efi even where the kernel cannot mount one.
    @Test(
        .timeLimit(.minutes(30)),
        arguments: [
            ("block-device-mbr", ["i386-pc"], ["bios"]),
            ("block-device-efi", ["i386-pc", "x86_64-efi"], ["bios", "uefi"]),
        ])
    func anImageWithUpstreamsBootloaderBoots(layout: String, platforms: [String], firmwares: [String]) async throws {
        try await withScratchDirectory { scratch in
            let library = try Self.installLibrary(in: scratch)
            // Only this one element is upstream's; the rest is ours.
            let front = scratch.appending("front")
            try FileManager.default.createDirectory(atPath: front.string, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: library.appending("bootloader").string, toPath: front.appending("bootloader").string)

            let build = try Self.ingot(
                ["disk-image-create", "-o", "\(scratch)/image", "debian-minimal", "vm", layout],
                ["ELEMENTS_PATH": front.string, "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0"])
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            #expect(build.output.contains("Copying hooks \(front)/bootloader/finalise.d/50-bootloader"))
            for platform in platforms { #expect(build.output.contains("Installing for \(platform) platform.")) }

            for firmware in firmwares {
                let boot = try Self.ingot(
                    ["boot-test", "--firmware", firmware, "--timeout", "600", "\(scratch)/image.qcow2"], [:])
                #expect(boot.status == 0, "\(firmware): \(boot.output.suffix(4000))")
            }
        }
    }

    /// Upstream's elements as its users install them, in a directory of their own.
    private static func installLibrary(in scratch: FilePath) throws -> FilePath {
        let package = scratch.appending("package")
        let result = try runTool(
            "pip3", ["install", "--quiet", "--no-deps", "--no-compile", "--target", package.string, requirement])
        try #require(result.status == 0, "\(result.output)")
        return package.appending("diskimage_builder").appending("elements")
    }

    private static func ingot(_ arguments: [String], _ changes: [String: String]) throws -> ToolResult {
        let environment = ProcessInfo.processInfo.environment.merging(changes) { _, new in new }
        return try runTool(Checkout.ingot.string, arguments, environment: environment)
    }
}
