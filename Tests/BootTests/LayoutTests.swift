import Foundation
import SystemPackage
import TestSupport
import Testing

/// Images of several layouts, built by the program from one root file system, and booted in the ways they are made for.
///
/// A choice that has each firmware, table, kind of file system and sector size once; `make boot-matrix` has them all.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap"),
        .tool("partx"),
        .tool("mkfs.vfat"), .tool("mkfs.xfs"), .tool("mkfs.btrfs"), .tool("mcopy")),
    .timeLimit(.minutes(30)))
struct LayoutTests {
    /// Builds an image from the finished tree and hands over its path without suffix.
    private func withImage(
        _ elements: [String], format: String = "raw", layout: String? = nil, options: [String] = [],
        _ body: (String) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            var variables = [
                "ELEMENTS_PATH": Checkout.root.appending("Tests/Elements").string, "TMPDIR": scratch.string,
                "FINISHED_TREE": try SampleSystem.bootstrapped().string, "DIB_DEBUG_TRACE": "0",
            ]
            variables["DIB_BLOCK_DEVICE_CONFIG"] = layout
            let build = try ingot(
                ["disk-image-create", "-t", format, "--image-size", "2", "-o", "\(scratch)/image", "finished-tree"]
                    + elements + options, variables)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            try body("\(scratch)/image")
        }
    }

    private func ingot(_ arguments: [String], _ variables: [String: String] = [:]) throws -> ToolResult {
        let environment = ProcessInfo.processInfo.environment.merging(variables) { _, new in new }
        return try runTool(Checkout.ingot.string, arguments, environment: environment)
    }

    private func boot(_ image: String, _ options: String...) throws -> ToolResult {
        try ingot(["boot-test", "--timeout", "600", "--log", "\(image).log"] + options + [image])
    }

    /// Replaces a file of the EFI system partition, the first of the disk, by a loader without a signature.
    private func unsign(_ loader: String, on image: String) throws {
        let name = "./usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"
        try SampleSystem.shell(
            """
            start=$(partx -bgo START -n 1:1 '\(image)')
            tar -xOf '\(SampleSystem.bootstrapped())' \(name) >'\(image).efi'
            mcopy -o -i '\(image)'@@$((start * 512)) '\(image).efi' '::/\(loader)'
            """)
    }

    @Test func aHybridImageBootsByItsBootEntryAndOnlySignedUnderSecureBoot() async throws {
        try await withImage(["vm", "block-device-efi"]) { image in
            let disk = image + ".raw"
            // By a BIOS, too: `BackendBootTests`.
            for options in [["uefi", "--efi-loader", "EFI/debian/shimx64.efi"], ["secure-boot"]] {
                let result = try ingot(["boot-test", "--timeout", "900", "--firmware"] + options + [disk])
                #expect(result.status == 0, "\(options): \(result.output.suffix(4000))")
                #expect(result.output.contains("(\(options[0]), "))
            }
            try unsign("EFI/BOOT/BOOTX64.EFI", on: disk)
            let refused = try boot(disk, "--firmware", "secure-boot")
            #expect(refused.status == 1)
            #expect(refused.output.contains("the firmware refused the boot loader"), "\(refused.output.suffix(2000))")
        }
    }

    @Test func aDiskOf4096ByteSectorsBootsFromBtrfs() async throws {
        let layout = """
            - local_loop: {name: image0, block_size: 4096}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: esp, type: EF00, size: 300MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}
                  - {name: root, type: "8300", size: 100%, mkfs: {type: btrfs, mount: {mount_point: /}}}
            """
        try await withImage(["vm", "block-device-efi-4k"], layout: layout) { image in
            let result = try boot(image + ".raw")
            #expect(result.status == 0, "\(result.output.suffix(4000))")
            #expect(result.output.contains("(uefi, sectors of 4096 bytes, "))
        }
    }

    @Test("a btrfs written without devices boots from a BIOS and under UEFI")
    func writtenBtrfsBoots() async throws {
        let layout = """
            - local_loop: {name: image0}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: esp, type: EF00, size: 64MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
                  - {name: bsp, type: EF02, size: 1MiB}
                  - name: root
                    type: "8300"
                    size: 100%
                    mkfs: {type: btrfs, mount: {mount_point: /, fstab: {options: "rw,compress=zstd"}}}
            """
        let options = ["--backend", "file"]
        try await withImage(["vm", "block-device-efi"], layout: layout, options: options) { image in
            for firmware in ["bios", "uefi"] {
                let result = try boot(image + ".raw", "--firmware", firmware)
                #expect(result.status == 0, "\(result.output.suffix(4000))")
                #expect(result.output.contains("(\(firmware), "))
            }
        }
    }

    @Test func anXfsRootWithItsOwnBootBootsFromABIOSAndNotUnderUEFI() async throws {
        let layout = """
            - local_loop: {name: image0}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: bsp, type: EF02, size: 1MiB}
                  - name: boot
                    type: "8300"
                    size: 400MiB
                    mkfs: {type: ext4, mount: {mount_point: /boot, fstab: {options: defaults}}}
                  - name: root
                    type: "8300"
                    size: 100%
                    mkfs: {type: xfs, mount: {mount_point: /, fstab: {options: defaults}}}
            """
        try await withImage(["vm", "block-device-gpt"], layout: layout) { image in
            let result = try boot(image + ".raw")
            #expect(result.status == 0, "\(result.output.suffix(4000))")
            let other = try boot(image + ".raw", "--firmware", "uefi")
            #expect(other.status == 1)
            #expect(other.output.contains("the firmware found nothing to boot"), "\(other.output.suffix(2000))")
        }
    }

    @Test func aPartitionImageBootsWithItsKernel() async throws {
        try await withImage(["baremetal", "grub2"], format: "qcow2") { image in
            let result = try boot(
                image + ".qcow2", "--kernel", image + ".vmlinuz", "--initrd", image + ".initrd")
            #expect(result.status == 0, "\(result.output.suffix(4000))")
            #expect(result.output.contains("a shell on the image's root file system"))
        }
    }
}
