import Foundation
import SystemPackage
import TestSupport
import Testing

/// The bootloader element with GRUB's tools played by scripts; that its result boots is shown in BootTests.
@Suite("Boot loader", .requires(.root))
struct BootloaderTests {
    private static let hook = "finalise.d/50-bootloader"
    private static let variables = [
        "DIB_BLOCK_DEVICE": "mbr", "DIB_ROOT_LABEL": "cloudimg-rootfs", "DIB_BOOT_LABEL": "", "DIB_ROOT_FSTYPE": "ext4",
        "IMAGE_BLOCK_DEVICE": "/dev/loop7",
    ]

    /// A root with a kernel, GRUB's modules and its tools; `menu` is the body of the script that prints grub.cfg.
    private func makeBench(
        _ scratch: FilePath, _ variables: [String: String] = [:],
        menu: String = #"echo "  linux /boot/vmlinuz-6 root=$GRUB_DEVICE ro $GRUB_CMDLINE_LINUX_DEFAULT""#
    ) throws -> HookBench {
        var environment = Self.variables
        environment.merge(variables) { $1 }
        // What environment.d makes of them.
        let scripts = Checkout.elements.appending("bootloader/environment.d")
        let defaults = try runTool(
            "/usr/bin/env",
            ["-i", "PATH=/usr/bin:/bin", "ARCH=amd64"] + environment.map { "\($0)=\($1)" }
                + [
                    "bash", "-c",
                    ". \(scripts)/10-bootloader-default-cmdline; . \(scripts)/16-bootloader-firmware; env -0",
                ])
        for record in defaults.output.split(separator: "\0") where record.hasPrefix("DIB_") {
            environment[String(record.prefix { $0 != "=" })] = String(record.drop { $0 != "=" }.dropFirst())
        }
        let bench = try HookBench(scratch, elements: ["bootloader"], environment: environment)
        try bench.place("kernel", at: "/boot/vmlinuz-6")
        for file in ["boot.img", "normal.mod", "fs.lst"] { try bench.place(file, at: "/usr/lib/grub/i386-pc/\(file)") }
        for tool in ["install-packages", "grub-editenv"] { try bench.fake(tool) }
        try bench.fake(
            "grub-mkconfig",
            """
            case "$1" in --version) echo "grub-mkconfig (GRUB) 2.06"; exit ;; --help) exit ;; esac
            . /etc/default/grub
            cp /etc/default/grub /seen-by-mkconfig
            { \(menu)
            } > "$2"
            """)
        try bench.fake("grub-mkrelpath", #"echo "$1""#)
        try bench.fake(
            "grub-probe",
            "case $1 in --target=fs) echo ext2 ;; --target=fs_label) echo cloudimg-rootfs ;; "
                + "--target=fs_uuid) echo 1234-uuid ;; esac")
        try bench.fake(
            "grub-mkimage", "while [ \"$1\" != -c ]; do shift; done; cp \"$2\" /early.cfg; echo core > \"$4\"")
        return bench
    }

    private func settings(_ bench: HookBench) throws -> [String: String] {
        let lines = try bench.rootText("/etc/default/grub").split(separator: "\n").filter { $0.hasPrefix("GRUB_") }
        let pairs = lines.map { line in
            (String(line.prefix { $0 != "=" }), String(line.drop { $0 != "=" }.dropFirst()))
        }
        return Dictionary(pairs) { first, second in "twice: \(first) \(second)" }
    }

    @Test("without any variable set, the contract's settings hold, and a second run changes nothing")
    func defaults() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            try bench.place(
                "GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"console=ttyS1,9600n8 a "
                    + "boot=LABEL=old console=tty1\"\n", at: "/etc/default/grub")
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            let expected = [
                "GRUB_CMDLINE_LINUX": "\"a  \"", "GRUB_DEVICE": "\"LABEL=cloudimg-rootfs\"",
                "GRUB_DISABLE_LINUX_UUID": "true", "GRUB_TIMEOUT": "5", "GRUB_TIMEOUT_STYLE": "menu",
                "GRUB_GFXPAYLOAD_LINUX": "auto", "GRUB_TERMINAL": "\"serial console\"",
                "GRUB_SERIAL_COMMAND": "\"serial --speed=115200 --unit=0 --word=8 --parity=no --stop=1\"",
                "GRUB_CMDLINE_LINUX_DEFAULT":
                    "\"console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset gfxpayload=text\"",
            ]
            #expect(try settings(bench) == expected)
            let text = try bench.rootText("/etc/default/grub")
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(try bench.rootText("/etc/default/grub") == text)
        }
    }

    @Test(
        "the kernel command line follows the variables",
        arguments: [
            (
                ["DIB_BOOTLOADER_DEFAULT_CMDLINE": #"a="b c" $d `e` \f"#],
                #"console=tty0 console=ttyS0,115200 no_timer_check a="b c" $d `e` \f"#
            ),
            (
                ["DIB_BOOTLOADER_USE_SERIAL_CONSOLE": "False", "DIB_NO_TIMER_CHECK": "False"],
                "console=tty0 nofb nomodeset gfxpayload=text"
            ),
            (
                ["DIB_BOOTLOADER_VIRTUAL_TERMINAL": "", "DIB_BOOTLOADER_SERIAL_CONSOLE": "ttyS1,9600"],
                "console=ttyS1,9600 no_timer_check nofb nomodeset gfxpayload=text"
            ),
            (
                ["DIB_BOOT_LABEL": "boot"],
                "console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset gfxpayload=text boot=LABEL=boot"
            ),
            (
                ["ARCH": "arm64", "DIB_BLOCK_DEVICE": ""],
                "console=tty0 console=ttyAMA0,115200 no_timer_check nofb nomodeset gfxpayload=text"
            ),
        ] as [([String: String], String)])
    func commandLine(variables: [String: String], expected: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, variables)
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/boot/grub/grub.cfg")
                    == "  linux /boot/vmlinuz-6 root=LABEL=cloudimg-rootfs ro \(expected)\n")
        }
    }

    @Test("Debian's initial ramdisk is not told of a boot label, which it takes for a script")
    func bootLabelWithInitramfsTools() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, ["DIB_BOOT_LABEL": "boot"])
            try bench.place("MODULES=most\n", at: "/etc/initramfs-tools/initramfs.conf")
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(try !bench.rootText("/boot/grub/grub.cfg").contains("boot=LABEL"))
        }
    }

    @Test(
        "Alpine's initial ramdisk is told the root's file system, whose driver it would not load",
        arguments: [true, false])
    func fileSystemForMkinitfs(isAlpine: Bool) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            if isAlpine { try bench.place("features=\"base ext4\"\n", at: "/etc/mkinitfs/mkinitfs.conf") }
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(try bench.rootText("/boot/grub/grub.cfg").contains(" rootfstype=ext4") == isAlpine)
        }
    }

    @Test("two settings hold while grub-mkconfig runs, and only then")
    func temporarySettings() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            #expect(try bench.runInside(Self.hook).status == 0)
            let seen = try bench.rootText("/seen-by-mkconfig")
            let kept = try bench.rootText("/etc/default/grub")
            #expect(seen == kept + "GRUB_DISABLE_OS_PROBER=true\nGRUB_DEVICE_BOOT=\"LABEL=cloudimg-rootfs\"\n")
        }
    }

    @Test(
        "a grub.cfg that cannot boot this image, or knows the builder, fails the build",
        arguments: [
            (":", "no entry of '/boot/grub/grub.cfg' starts a kernel that exists with 'root=LABEL=cloudimg-rootfs'"),
            ("echo linux /boot/vmlinuz-5 root=$GRUB_DEVICE", "no entry of '/boot/grub/grub.cfg' starts a kernel"),
            ("echo linux /boot/vmlinuz-6 root=UUID=1", "no entry of '/boot/grub/grub.cfg' starts a kernel"),
            (
                "echo linux /boot/vmlinuz-6 root=$GRUB_DEVICE; echo \"set root='hostdisk//dev/loop1'\"",
                "'/boot/grub/grub.cfg' names devices of the machine that built it: hostdisk//dev/loop1"
            ),
            (
                "echo linux /boot/vmlinuz-6 root=$GRUB_DEVICE; echo linux /vmlinuz root=/dev/sda1",
                "names devices of the machine that built it: /dev/sda1"
            ),
        ])
    func refusedMenus(menu: String, message: String) async throws {
        try await withScratchDirectory { scratch in
            let result = try makeBench(scratch, menu: menu).runInside(Self.hook)
            #expect(result.status == 1)
            #expect(result.output.contains(message), "\(result.output)")
        }
    }

    @Test("a device that the user asked for is no leak")
    func wantedDevice() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, ["DIB_BOOTLOADER_DEFAULT_CMDLINE": "resume=/dev/vda2"])
            #expect(try bench.runInside(Self.hook).status == 0)
        }
    }

    @Test("the core image gets stated modules and finds its files by label, then identifier")
    func coreImage() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/early.cfg")
                    == "search.fs_label 'cloudimg-rootfs' root\nsearch.fs_uuid 1234-uuid root\nset prefix=($root)/boot/grub\n"
            )
            let call = try #require(bench.calls.first { $0.hasPrefix("grub-mkimage") })
            #expect(call.hasPrefix("grub-mkimage -O i386-pc -d /usr/lib/grub/i386-pc -p /boot/grub -c "))
            #expect(
                call.hasSuffix(
                    "-o /boot/grub/i386-pc/core.img biosdisk part_msdos part_gpt ext2 search_label search_fs_uuid"))
            let files = try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/boot/grub/i386-pc").string)
            // The machine that tests may have modules of its own beside them.
            #expect(Set(files).isSuperset(of: ["boot.img", "core.img", "fs.lst", "normal.mod"]))
            #expect(files.allSatisfy { ["img", "lst", "mod"].contains($0.split(separator: ".").last ?? "") })
        }
    }

    @Test("a release without GRUB 2 gets a plain menu, newest kernel first, and nothing of GRUB is called in it")
    func plainMenu() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, ["DIB_BOOTLOADER_GRUB": "builder"])
            try bench.place("kernel", at: "/boot/vmlinuz-10")
            try bench.place("ramdisk", at: "/boot/initramfs-6.img")
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            #expect(bench.calls == [])
            let menu = try bench.rootText("/boot/grub/grub.cfg")
            let words = "root=LABEL=cloudimg-rootfs ro console=tty0 console=ttyS0,115200 no_timer_check nofb nomodeset"
            #expect(
                menu.hasSuffix(
                    """
                    menuentry 'Linux 10' {
                        linux /boot/vmlinuz-10 \(words) gfxpayload=text
                    }
                    menuentry 'Linux 6' {
                        linux /boot/vmlinuz-6 \(words) gfxpayload=text
                        initrd /boot/initramfs-6.img
                    }

                    """), "\(menu)")
        }
    }

    @Test("without a partition table there is a menu and a warning, but no core image")
    func withoutPartitionTable() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, ["DIB_BLOCK_DEVICE": ""])
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0)
            #expect(result.output.contains("WARNING: no boot loader is installed"))
            #expect(bench.exists("/boot/grub/grub.cfg") && !bench.exists("/boot/grub/i386-pc"))
            #expect(bench.calls.contains("install-packages -m bootloader grub-pc grub-efi grub-efi-amd64"))
        }
    }

    @Test("packages are left alone when told so, and everything when another element has done the work")
    func skipping() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, ["DIB_SKIP_GRUB_PACKAGE_INSTALL": "True"])
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(!bench.calls.contains { $0.hasPrefix("install-packages") })
        }
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            try bench.place("", at: "/tmp/grub/install")
            #expect(try bench.runInside(Self.hook).status == 0)
            #expect(bench.calls == [])
        }
    }

    @Test("from outside the boot code is put on the disk, once the menu is checked again")
    func bootCode() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            try bench.fake("ingot")
            let cleanup = "cleanup.d/90-bootloader-boot-code"
            #expect(try bench.runOutside(cleanup).output.contains("another element has taken over"))
            #expect(try bench.runInside(Self.hook).status == 0)
            let result = try bench.runOutside(cleanup)
            #expect(result.status == 0, "\(result.output)")
            let modules = bench.root.appending("boot/grub/i386-pc")
            let call =
                "ingot boot-code install --boot-image \(modules)/boot.img --core-image \(modules)/core.img /dev/loop7"
            #expect(bench.calls.filter { $0.hasPrefix("ingot") } == [call])
            try bench.place("menuentry x {\n}\n", at: "/boot/grub/grub.cfg")
            #expect(try bench.runOutside(cleanup).status == 1)
            #expect(bench.calls.filter { $0.hasPrefix("ingot") } == [call])
        }
    }

    @Test(
        "what cannot boot is refused before anything is assembled",
        arguments: [
            ([:], ""), (["DIB_BLOCK_DEVICE": "gpt"], ""), (["DIB_BLOCK_DEVICE": "", "ARCH": "s390x"], ""),
            (["DIB_EXTLINUX": "1"], "DIB_EXTLINUX is no longer supported\n"),
            (["DIB_BLOCK_DEVICE": "efi", "DIB_MOUNTPOINTS": "/|/boot/efi"], ""),
            (["DIB_BLOCK_DEVICE": "efi", "DIB_MOUNTPOINTS": "/boot/efi|/", "ARCH": "arm64"], ""),
            (
                ["DIB_BLOCK_DEVICE": "efi", "DIB_MOUNTPOINTS": "/|/boot"],
                "bootloader: the layout is for UEFI, but mounts nothing at /boot/efi\n"
            ),
            (["DIB_BLOCK_DEVICE": "efi", "ARCH": "s390x"], "bootloader: there is no UEFI on 's390x'\n"),
            (
                ["DIB_BLOCK_DEVICE": "apm"],
                "bootloader: no boot loader is known for the 'apm' layout; use mbr, gpt or efi\n"
            ),
            (
                ["DIB_BOOTLOADER_SIGNED": "yes"],
                "bootloader: DIB_BOOTLOADER_SIGNED is 'yes', not auto, True or False\n"
            ),
            (["ARCH": "arm64"], "bootloader: the 'mbr' layout boots by a BIOS; there is none on 'arm64'\n"),
        ] as [([String: String], String)])
    func earlyRefusal(variables: [String: String], message: String) async throws {
        try await withScratchDirectory { scratch in
            let result = try makeBench(scratch, variables).runOutside("root.d/00-bootloader-check")
            #expect(result.output == message)
            #expect(result.status == (message.isEmpty ? 0 : 1))
        }
    }
}
