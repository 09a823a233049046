import Foundation
import SystemPackage
import TestSupport
import Testing

/// Elements that have to do with kernels, their modules and how they are started.
@Suite("Kernels and their loaders", .requires(.root))
struct BootElementTests {
    @Test("dkms builds each registered module for each kernel of the image that has headers, and for no other")
    func dkms() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dkms"])
            try bench.fake(
                "dkms", #"[ "$1" != status ] || printf 'zfs/2.1.11: added\nwl, 6.30, 5.10, x86_64: installed\n'"#)
            try bench.fake("env", #"shift 2; [ -z "${ARCH+x}" ] || "$@""#)
            let without = try bench.runInside("post-install.d/97-dkms")
            #expect(without.status == 0)
            #expect(without.output.contains("WARNING: dkms: the image has the headers of no kernel"))
            for path in [
                "/usr/src/linux-headers-6.1.0-9-cloud/Makefile", "/usr/src/linux-headers-6.1.0-9-common/Makefile",
                "/usr/src/kernels/6.5.6-300.fc39/Makefile", "/usr/lib/modules/6.1.0-9-cloud/modules.dep",
                "/usr/lib/modules/6.5.6-300.fc39/modules.dep", "/usr/lib/modules/6.9.0-1/modules.dep",
            ] {
                try bench.place("", at: path)
            }
            let result = try bench.runInside("post-install.d/97-dkms")
            #expect(result.status == 0, "\(result.output)")
            let builds = bench.calls.filter { $0.hasPrefix("dkms install") }
            let expected = ["wl/6.30", "zfs/2.1.11"].flatMap { module in
                ["6.1.0-9-cloud", "6.5.6-300.fc39"].map { "dkms install \(module) -k \($0)" }
            }
            #expect(builds == expected)
        }
    }

    @Test("a root on iSCSI: Debian's ramdisk is made again, dracut's distributions need the element that makes theirs")
    func iscsiBoot() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["iscsi-boot"])
            try bench.fake("update-initramfs")
            #expect(try bench.runOutside("extra-data.d/50-check-dracut-regenerate").status == 0)
            #expect(try bench.runInside("post-install.d/60-iscsi-boot").status == 0)
            #expect(try bench.rootText("/etc/iscsi/iscsi.initramfs") == "ISCSI_AUTO=true\n")
            #expect(bench.calls == ["update-initramfs -u -k all"])
            bench.environment["DISTRO_NAME"] = "centos"
            #expect(try bench.runOutside("extra-data.d/50-check-dracut-regenerate").status == 1)
            bench.environment["IMAGE_ELEMENT"] = "base dracut-regenerate iscsi-boot"
            #expect(try bench.runOutside("extra-data.d/50-check-dracut-regenerate").status == 0)
            try bench.place("GRUB_CMDLINE_LINUX=quiet\n", at: "/etc/default/grub")
            for _ in 1...2 { #expect(try bench.runInside("finalise.d/45-iscsi-boot").status == 0) }
            let line = try bench.runInside(command: [
                "/bin/bash", "-c", ". /etc/default/grub; echo $GRUB_CMDLINE_LINUX",
            ])
            #expect(line.output == "quiet rd.iscsi.firmware=1\n")
        }
    }

    @Test("zipl is told where on the disk the file system lies, and the image's own configuration is not")
    func zipl() async throws {
        try await withScratchDirectory { scratch in
            let variables = [
                "ARCH": "s390x", "DIB_ROOT_LABEL": "img-rootfs", "DIB_ZIPL_DEFAULT_CMDLINE": "console=ttyS0",
                "IMAGE_BLOCK_DEVICE": "/dev/loop7",
            ]
            var bench = try HookBench(scratch, elements: ["zipl"], environment: variables)
            try bench.fake("zipl", "cat \"$3\" > /given")
            try bench.fake("findmnt", "echo /dev/no-such-loop")
            try bench.place("do_symlinks = yes\nlink_in_boot = no\n", at: "/etc/kernel-img.conf")
            #expect(try bench.runInside("pre-install.d/05-zipl-kernel-links").status == 0)
            #expect(try bench.rootText("/etc/kernel-img.conf") == "do_symlinks = yes\nlink_in_boot = yes\n")
            let result = try bench.runInside("finalise.d/50-zipl")
            #expect(result.status == 0, "\(result.output)")
            let own = try bench.rootText("/etc/zipl.conf")
            #expect(own.hasSuffix("parameters = \"root=LABEL=img-rootfs console=ttyS0\"\n"))
            let base = "targetbase = /dev/loop7\ntargettype = SCSI\ntargetblocksize = 512\ntargetoffset = 0\n"
            #expect(
                try bench.rootText("/given") == own.replacing("target = /boot\n", with: "target = /boot\n" + base))
            #expect(!bench.exists("/tmp/zipl.conf"))
            bench.environment["ARCH"] = "amd64"
            #expect(try bench.runOutside("root.d/00-zipl-check").status == 1)
        }
    }

    @Test(
        "U-Boot finds its headers on both files of an Arm image", .requires(.tool("mkimage")),
        arguments: [("armhf", "ARM Linux"), ("arm64", "AArch64 Linux"), ("amd64", nil)])
    func uboot(architecture: String, kind: String?) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["uboot"], environment: ["ARCH": architecture, "UBOOT_KERNEL_ADDR": "0x8000"])
            try bench.place("12\n", at: "/etc/debian_version")
            try bench.place("kernel", at: "/boot/vmlinuz-6.1.0-9-armmp")
            try bench.place("ramdisk", at: "/boot/initrd.img-6.1.0-9-armmp")
            let result = try bench.runOutside("cleanup.d/98-uboot")
            #expect(result.status == 0, "\(result.output)")
            for (file, part, load) in [
                ("vmlinuz", "Kernel Image", "Load Address: 00008000"),
                ("initrd.img", "RAMDisk Image", "Load Address: 00000000"),
            ] {
                let shown = try runTool("mkimage", ["-l", "\(bench.root)/boot/\(file)-6.1.0-9-armmp"]).output
                    .replacing(/\s+/, with: " ")
                #expect(shown.contains("\(kind ?? "none") \(part) (uncompressed)") == (kind != nil), "\(shown)")
                #expect(shown.contains(load) == (kind != nil), "\(shown)")
            }
        }
    }

    @Test(
        "what cannot work is refused before anything is fetched",
        arguments: [
            ("debian-upstart", "00-debian-upstart", [:], "has upstart"),
            ("modprobe-blacklist", "00-modprobe-blacklist-check", [:], "is not set"),
            ("iso", "00-iso-check", ["IMAGE_ELEMENT": "base debian iso"], "hands out a kernel and a ramdisk"),
            ("uboot", "00-uboot-check", [:], nil),
            (
                "ironic-ramdisk-base", "00-ironic-ramdisk-base-check", ["DIB_IPA_COMPRESS_CMD": "no-such-packer -9"],
                "no-such-packer"
            ),
            ("ironic-ramdisk-base", "00-ironic-ramdisk-base-check", ["DIB_IPA_COMPRESS_CMD": "gzip -1"], nil),
        ] as [(String, String, [String: String], String?)])
    func refusals(element: String, hook: String, variables: [String: String], message: String?) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: [element], environment: variables)
            let result = try bench.runOutside("root.d/\(hook)")
            #expect(result.status == (message == nil ? 0 : 1), "\(result.output)")
            #expect(message.map { result.output.contains($0) } ?? true, "\(result.output)")
        }
    }
}
