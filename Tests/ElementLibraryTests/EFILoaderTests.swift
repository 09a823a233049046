import Foundation
import SystemPackage
import TestSupport
import Testing

/// What the bootloader element puts on an EFI system partition; that firmware starts it is shown in BootTests.
@Suite("Loader for UEFI", .requires(.root))
struct EFILoaderTests {
    private static let hook = "finalise.d/50-bootloader"
    private static let cleanup = "cleanup.d/90-bootloader-boot-code"
    private static let program = "MZ part_gpt part_msdos "
    private static let signed = [
        "/usr/lib/shim/shimx64.efi.signed": "shim", "/usr/lib/shim/mmx64.efi.signed": "mm",
        "/usr/lib/shim/fbx64.efi.signed": "fb", "/usr/lib/shim/BOOTX64.CSV": "csv",
        "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed": "grub",
    ]
    private static let stub =
        "search.fs_label 'cloudimg-rootfs' root\nsearch.fs_uuid 1234-uuid root\nset prefix=($root)/boot/grub\n"

    /// A root with GRUB's tools as scripts, its modules, and `files`, which are programs to a firmware.
    private func makeBench(
        _ scratch: FilePath, files: [String: String], _ variables: [String: String] = [:]
    ) throws -> HookBench {
        var environment = [
            "DIB_BLOCK_DEVICE": "efi", "DIB_ROOT_LABEL": "cloudimg-rootfs", "DIB_BOOT_LABEL": "",
            "DIB_ROOT_FSTYPE": "ext4", "IMAGE_BLOCK_DEVICE": "/dev/loop7", "EFI_BOOT_DIR": "EFI/debian",
            "DIB_BOOTLOADER_DEFAULT_CMDLINE": "", "DIB_BOOTLOADER_SERIAL_CONSOLE": "",
            "DIB_BOOTLOADER_VIRTUAL_TERMINAL": "tty0", "DIB_BOOTLOADER_USE_SERIAL_CONSOLE": "True",
            "DIB_NO_TIMER_CHECK": "True", "DIB_BOOTLOADER_BIOS": "True", "DIB_BOOTLOADER_SIGNED": "auto",
        ]
        environment.merge(variables) { $1 }
        let bench = try HookBench(scratch, elements: ["bootloader"], environment: environment)
        try bench.place("kernel", at: "/boot/vmlinuz-6")
        for platform in ["i386-pc", "x86_64-efi", "arm64-efi"] {
            for file in ["boot.img", "normal.mod", "fs.lst"] {
                try bench.place(file, at: "/usr/lib/grub/\(platform)/\(file)")
            }
        }
        for (path, text) in files { try bench.place(Self.program + text, at: path) }
        for tool in ["install-packages", "grub-editenv", "ingot"] { try bench.fake(tool) }
        try bench.fake(
            "grub-mkconfig",
            """
            case "$1" in --version) echo "grub-mkconfig (GRUB) 2.06"; exit ;; --help) exit ;; esac
            . /etc/default/grub
            echo "  linux16 /boot/vmlinuz-6 root=$GRUB_DEVICE ro" > "$2"
            """)
        try bench.fake("grub-mkrelpath", #"echo "$1""#)
        try bench.fake(
            "grub-probe",
            "case $1 in --target=fs) echo ext2 ;; --target=fs_label) echo cloudimg-rootfs ;; "
                + "--target=fs_uuid) echo 1234-uuid ;; esac")
        try bench.fake(
            "grub-mkimage",
            "p=$2; while [ \"$1\" != -c ]; do shift; done; cp \"$2\" /early-$p.cfg; echo '\(Self.program)' $p > \"$4\"")
        try bench.fake("mountpoint", #"[ "$2" = /boot/efi ]"#)
        try bench.fake("findmnt", "echo /dev/loop9")
        try bench.fake("blkid", "echo 1234-uuid")
        return bench
    }

    /// Names on the partition, with what is in them but for the marks of a program.
    private func partition(_ bench: HookBench) throws -> [String: String] {
        let root = bench.rootPath("/boot/efi")
        let names = (FileManager.default.enumerator(atPath: root.string)?.compactMap { $0 as? String } ?? [])
            .filter { !isDirectory(root.pushing(FilePath($0)).string) }
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try readText(root.pushing(FilePath($0))).replacing(Self.program, with: ""))
            })
    }

    @Test("the distribution's signed shim and GRUB are copied, with a stub beside them, for both paths")
    func signedLoader() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, files: Self.signed)
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            let stub = Self.stub + "configfile $prefix/grub.cfg\n"
            #expect(
                try partition(bench) == [
                    "EFI/BOOT/BOOTX64.EFI": "shim", "EFI/BOOT/grubx64.efi": "grub", "EFI/BOOT/mmx64.efi": "mm",
                    "EFI/BOOT/grub.cfg": stub, "EFI/debian/shimx64.efi": "shim", "EFI/debian/grubx64.efi": "grub",
                    "EFI/debian/mmx64.efi": "mm", "EFI/debian/fbx64.efi": "fb", "EFI/debian/BOOTX64.CSV": "csv",
                    "EFI/debian/grub.cfg": stub,
                ])
            // One menu for both firmwares: the commands that only one of them has are gone.
            #expect(
                try bench.rootText("/boot/grub/grub.cfg") == "  linux /boot/vmlinuz-6 root=LABEL=cloudimg-rootfs ro\n")
            #expect(bench.exists("/boot/grub/i386-pc/core.img") && bench.exists("/boot/grub/x86_64-efi/normal.mod"))
            #expect(bench.calls.contains("install-packages -m bootloader grub-efi grub-efi-amd64 grub-pc"))
        }
    }

    @Test("without signed programs GRUB is made here, and finds its files by itself")
    func unsignedLoader() async throws {
        for (files, variables) in [([:], [:]), (Self.signed, ["DIB_BOOTLOADER_SIGNED": "False"])] {
            try await withScratchDirectory { scratch in
                let bench = try makeBench(scratch, files: files, variables)
                let result = try bench.runInside(Self.hook)
                #expect(result.status == 0, "\(result.output)")
                #expect(try bench.rootText("/early-x86_64-efi.cfg") == Self.stub)
                let names = try partition(bench).keys.sorted()
                #expect(
                    names == [
                        "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grub.cfg", "EFI/debian/grub.cfg", "EFI/debian/grubx64.efi",
                    ])
                #expect(try bench.runOutside(Self.cleanup).status == 0)
            }
        }
    }

    @Test("on other architectures the files have the names of that architecture, and there is nothing for a BIOS")
    func otherArchitectures() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(
                scratch,
                files: [
                    "/usr/lib/shim/shimaa64.efi.signed": "shim",
                    "/usr/lib/grub/arm64-efi-signed/grubaa64.efi.signed": "grub",
                ], ["ARCH": "arm64", "DIB_BOOTLOADER_BIOS": "False", "EFI_BOOT_DIR": "EFI/ubuntu"])
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 0, "\(result.output)")
            let found = try partition(bench)
            #expect(
                found.keys.sorted() == [
                    "EFI/BOOT/BOOTAA64.EFI", "EFI/BOOT/grub.cfg", "EFI/BOOT/grubaa64.efi", "EFI/ubuntu/BOOTAA64.CSV",
                    "EFI/ubuntu/grub.cfg", "EFI/ubuntu/grubaa64.efi", "EFI/ubuntu/shimaa64.efi",
                ])
            let entry = try #require(found["EFI/ubuntu/BOOTAA64.CSV"])
            #expect(
                String(entry.filter { $0 != "\0" }) == "shimaa64.efi,ubuntu,,This is the boot entry for ubuntu\n")
            #expect(!bench.exists("/boot/grub/i386-pc"))
            #expect(bench.calls.contains("install-packages -m bootloader grub-efi grub-efi-arm64"))
        }
    }

    @Test("signed programs that are demanded and missing fail the build, and so does a missing partition")
    func refused() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, files: [:], ["DIB_BOOTLOADER_SIGNED": "True"])
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 1)
            #expect(result.output.hasSuffix("DIB_BOOTLOADER_SIGNED is True, but the image has no signed loader\n"))
        }
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, files: Self.signed)
            try bench.fake("mountpoint", "false")
            let result = try bench.runInside(Self.hook)
            #expect(result.status == 1)
            #expect(result.output.hasSuffix("bootloader: no file system is mounted at /boot/efi\n"))
        }
    }

    @Test("from outside everything is checked again, and a BIOS gets its code where there is room for it")
    func checked() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, files: Self.signed)
            #expect(try bench.runOutside(Self.cleanup).output.contains("another element has taken over"))
            #expect(try bench.runInside(Self.hook).status == 0)
            let result = try bench.runOutside(Self.cleanup)
            #expect(result.status == 0, "\(result.output)")
            let modules = bench.root.appending("boot/grub/i386-pc")
            let call =
                "ingot boot-code install --if-possible --boot-image \(modules)/boot.img "
                + "--core-image \(modules)/core.img /dev/loop7"
            #expect(bench.calls.filter { $0.hasPrefix("ingot") } == [call])
        }
    }

    @Test(
        "a partition that no firmware could start from fails the build",
        arguments: [
            ("/boot/efi/EFI/BOOT/BOOTX64.EFI", "#!/bin/sh", "'EFI/BOOT/BOOTX64.EFI' is missing, or no program"),
            ("/boot/efi/EFI/BOOT/grubx64.efi", "MZ part_msdos", "'EFI/BOOT/grubx64.efi' has no module 'part_gpt'"),
            (
                "/boot/efi/EFI/BOOT/grub.cfg", "search.fs_uuid 9999 root\nconfigfile $prefix/grub.cfg\n",
                "'EFI/BOOT/grub.cfg' does not lead to"
            ),
            ("/boot/grub/grub.cfg", "menuentry x {\n}\n", "no entry of"),
        ])
    func broken(path: String, text: String, message: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, files: Self.signed)
            #expect(try bench.runInside(Self.hook).status == 0)
            try bench.place(text, at: path)
            let result = try bench.runOutside(Self.cleanup)
            #expect(result.status == 1)
            #expect(result.output.contains(message), "\(result.output)")
            #expect(!bench.calls.contains { $0.hasPrefix("ingot") })
        }
    }

    @Test(
        "which firmware boots a disk follows from its layout and the architecture",
        arguments: [
            ("amd64", "mbr", "True False"), ("amd64", "gpt", "True False"), ("amd64", "efi", "True True"),
            ("i386", "efi", "True True"), ("arm64", "efi", "False True"), ("ppc64el", "gpt", "False False"),
            ("amd64", "", "False False"),
        ])
    func firmware(architecture: String, layout: String, expected: String) throws {
        let script = Checkout.elements.appending("bootloader/environment.d/16-bootloader-firmware")
        let text = ". \(script); echo $DIB_BOOTLOADER_BIOS $DIB_BOOTLOADER_EFI"
        let result = try runTool(
            "/usr/bin/env",
            ["-i", "PATH=/usr/bin:/bin", "ARCH=\(architecture)", "DIB_BLOCK_DEVICE=\(layout)", "bash", "-euc", text])
        #expect(result == ToolResult(status: 0, output: expected + "\n"))
    }

    @Test("disks of 4096-byte sectors and other machines than PCs have nothing for a BIOS")
    func blockDeviceElements() throws {
        for (element, architecture, expected) in [
            ("block-device-efi-4k", "amd64", "efi False True"), ("block-device-efi", "amd64", "efi True True"),
            ("block-device-efi-lvm", "amd64", "efi True True"), ("block-device-efi-lvm", "arm64", "efi False True"),
            ("block-device-efi-4k", "ppc64el", nil), ("block-device-efi-lvm", "ppc64le", nil),
        ] as [(String, String, String?)] {
            let element = Checkout.elements.appending("\(element)/environment.d/15-block-device.bash")
            let firmware = Checkout.elements.appending("bootloader/environment.d/16-bootloader-firmware")
            let text = ". \(element); . \(firmware); echo $DIB_BLOCK_DEVICE $DIB_BOOTLOADER_BIOS $DIB_BOOTLOADER_EFI"
            let result = try runTool(
                "/usr/bin/env", ["-i", "PATH=/usr/bin:/bin", "ARCH=\(architecture)", "bash", "-euc", text])
            #expect(result.status == (expected == nil ? 1 : 0))
            if let expected {
                #expect(result.output == expected + "\n")
            } else {
                #expect(result.output.contains("there is no UEFI on '\(architecture)'"))
            }
        }
    }
}
