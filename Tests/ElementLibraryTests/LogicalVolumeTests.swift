import Foundation
import SystemPackage
import TestSupport
import Testing

/// The lvm element; volumes themselves need a device-mapper and are played.
@Suite("lvm element", .requires(.root))
struct LogicalVolumeTests {
    private static let hook = "finalise.d/60-bootloader"

    /// A root whose `/` is on `device`, with the tools that the hook wants but for `missing`.
    private func makeBench(_ scratch: FilePath, device: String, missing: String = "") throws -> HookBench {
        let bench = try HookBench(
            scratch, elements: ["bootloader", "lvm"],
            environment: ["DIB_ROOT_LABEL": "img-rootfs", "DIB_ROOT_FSTYPE": "nonexistentfs", "DIB_BOOT_LABEL": ""])
        try bench.place("kernel", at: "/boot/vmlinuz-6")
        try bench.place("", at: "/boot/grub/grub.cfg")
        try bench.place("GRUB_DEVICE=\"LABEL=img-rootfs\"\n", at: "/etc/default/grub")
        try bench.place("# modules\n", at: "/etc/initramfs-tools/modules")
        try bench.fake("findmnt", "echo \(device)")
        for tool in ["update-initramfs", "lvm", "fsck.nonexistentfs"] where tool != missing { try bench.fake(tool) }
        try bench.fake(
            "grub-mkconfig",
            """
            case "$1" in --help) exit ;; esac
            . /etc/default/grub
            echo "linux /boot/vmlinuz-6 root=$GRUB_DEVICE ro" > "$2"
            """)
        return bench
    }

    @Test("a root on a volume is named to the kernel, and its initial ramdisk can activate it")
    func volume() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, device: "/dev/mapper/vg-lv_root")
            for _ in 0..<2 {
                let result = try bench.runInside(Self.hook)
                #expect(result.status == 0, "\(result.output)")
            }
            #expect(try bench.rootText("/etc/default/grub") == "GRUB_DEVICE=\"/dev/mapper/vg-lv_root\"\n")
            #expect(try bench.rootText("/etc/initramfs-tools/modules") == "# modules\ndm_mod\n")
            #expect(
                try bench.rootText("/boot/grub/grub.cfg") == "linux /boot/vmlinuz-6 root=/dev/mapper/vg-lv_root ro\n")
            #expect(bench.calls.filter { $0 == "update-initramfs -u -k all" }.count == 2)
        }
    }

    @Test("a root elsewhere is left alone", arguments: ["/dev/loop3", "/dev/mapper/loop0p1", "/dev/vda1"])
    func noVolume(device: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, device: device)
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(try bench.rootText("/etc/default/grub") == "GRUB_DEVICE=\"LABEL=img-rootfs\"\n")
            #expect(!bench.calls.contains { $0.hasPrefix("update-initramfs") })
        }
    }

    @Test("an image without a file system checker for its root is refused")
    func missingTool() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, device: "/dev/mapper/vg-lv_root", missing: "fsck.nonexistentfs")
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 1)
            #expect(
                result.output
                    == "lvm: the initial ramdisk for '/dev/mapper/vg-lv_root' needs 'fsck.nonexistentfs', "
                    + "and the image has none\n")
        }
    }

    @Test(
        "only distributions with this kind of initial ramdisk are taken", arguments: ["debian", "ubuntu", "fedora", ""])
    func distributions(name: String) async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeBench(scratch, device: "/dev/loop3")
            bench.environment["DISTRO_NAME"] = name
            let result = try bench.runOutside("root.d/10-lvm-check-distro")
            #expect(result.status == (["debian", "ubuntu"].contains(name) ? 0 : 1))
        }
    }
}
