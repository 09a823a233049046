import Foundation
import SystemPackage
import TestSupport
import Testing

/// The files elements source from `$_LIB`.
@Suite("Shell library")
struct ShellLibraryTests {
    private static let lib = Checkout.resources.appending("lib")
    private let variables = [
        "PATH": "\(Checkout.resources.appending("shims")):/usr/sbin:/usr/bin:/bin", "LC_ALL": "C", "_LIB": lib.string,
    ]

    private func bash(_ script: String, in directory: FilePath? = nil) throws -> ToolResult {
        try runTool(
            "/bin/bash", ["-c", "set -eu; set -o pipefail; " + script], environment: variables,
            directory: directory?.string)
    }

    @Test(
        "each file can be sourced alone, and says nothing",
        arguments: [
            "common-defaults", "common-functions", "die", "img-defaults", "img-functions", "ramdisk-defaults",
            "ramdisk-functions",
        ])
    func sourceable(file: String) throws {
        let result = try bash("source \"$_LIB/\(file)\"")
        #expect(result.output == "")
        #expect(result.status == 0)
    }

    @Test(
        "die prints its words and fails with the status before it, or 1",
        arguments: [("true", 1), ("(exit 7)", 7)] as [(String, Int32)])
    func die(before: String, status: Int32) throws {
        let result = try bash("set +e; source \"$_LIB/die\"; \(before); die no such thing")
        #expect(result.output == "no such thing\n")
        #expect(result.status == status)
    }

    @Test(
        "kernel and initial ramdisk are those the distribution boots",
        arguments: [
            KernelCase(
                "debian_version",
                [
                    "vmlinuz-6.1.0-9-amd64", "vmlinuz-6.1.0-10-amd64", "initrd.img-6.1.0-9-amd64",
                    "initrd.img-6.1.0-10-amd64",
                ],
                "vmlinuz-6.1.0-10-amd64 initrd.img-6.1.0-10-amd64"),
            KernelCase(
                "debian_version",
                [
                    "vmlinuz-6.8.0-1-generic", "vmlinuz-6.8.0-20-generic", "vmlinuz-9.9-other",
                    "initrd.img-6.8.0-20-generic",
                ],
                "vmlinuz-6.8.0-20-generic initrd.img-6.8.0-20-generic"),
            KernelCase(
                "redhat-release", ["vmlinuz-5.14.0-1", "vmlinuz-5.14.0-9.debug", "initramfs-5.14.0-1.img"],
                "vmlinuz-5.14.0-1 initramfs-5.14.0-1.img"),
            KernelCase(
                "redhat-release", ["vmlinuz-3.0.PAE", "vmlinuz-4.0", "initramfs-3.0.PAE.img"],
                "vmlinuz-3.0.PAE initramfs-3.0.PAE.img"),
            KernelCase("redhat-release", [], "No suitable kernel found.", 1),
            KernelCase(
                "redhat-release", ["vmlinuz-5.1"], "Can't find an initramfs for the 5.1 version of the kernel.", 1),
            KernelCase("gentoo-release", ["vmlinuz-6.6", "initramfs-6.6.img"], "vmlinuz-6.6 initramfs-6.6.img"),
            KernelCase("nothing", ["vmlinuz-1"], "ERROR: Unable to detect operating system", 1),
        ])
    func kernelSelection(table: KernelCase) async throws {
        try await withScratchDirectory { scratch in
            try write("", to: scratch.appending("etc/\(table.marker)"))
            try write("", to: scratch.appending("boot/config"))
            for name in table.boot { try write("", to: scratch.appending("boot/\(name)")) }
            let result = try bash(
                "source \"$_LIB/img-functions\"; select_boot_kernel_initrd '\(scratch)'; [ \"$BOOTDIR\" = '\(scratch)/boot' ]; echo $KERNEL $RAMDISK"
            )
            #expect(result.output == table.expected + "\n")
            #expect(result.status == table.status)
        }
    }

    @Test(
        "patterns go before what the distribution boots, links are followed on SUSE, signed kernels are taken when asked for"
    )
    func kernelSelectionExtras() async throws {
        try await withScratchDirectory { scratch in
            try write("", to: scratch.appending("etc/debian_version"))
            for name in [
                "vmlinuz-1-generic", "vmlinuz-1-generic.efi.signed", "initrd.img-1-generic", "my-kernel-2",
                "my-kernel-10", "my-initrd",
            ] {
                try write("", to: scratch.appending("boot/\(name)"))
            }
            let select = "source \"$_LIB/img-functions\"; select_boot_kernel_initrd '\(scratch)'; echo $KERNEL $RAMDISK"
            let patterns = "DIB_BAREMETAL_KERNEL_PATTERN='my-k*' DIB_BAREMETAL_INITRD_PATTERN='my-i*'; "
            #expect(try bash(patterns + select).output == "my-kernel-10 my-initrd\n")
            try write("DIB_SIGNED_KERNEL_VERSION=1\n", to: scratch.appending("dib-signed-kernel-version"))
            #expect(
                try bash(select).output == "Using signed kernel 1\nvmlinuz-1-generic.efi.signed initrd.img-1-generic\n")
            try FileManager.default.removeItem(atPath: scratch.appending("etc/debian_version").string)
            for (link, target) in [("vmlinuz", "my-kernel-2"), ("initrd", "my-initrd")] {
                try FileManager.default.createSymbolicLink(
                    atPath: scratch.appending("boot/\(link)").string, withDestinationPath: target)
            }
            #expect(try bash("DISTRO_NAME=opensuse; " + select).output == "my-kernel-2 my-initrd\n")
        }
    }

    @Test("an older image is renamed by its time with its checksums made anew")
    func finishImage() async throws {
        try await withScratchDirectory { scratch in
            try write("old", to: scratch.appending("x.raw"))
            try write("new", to: scratch.appending("built"))
            let result = try bash(
                "touch -d '2024-05-06 07:08:09' x.raw; source \"$_LIB/common-functions\"; OUT_IMAGE_PATH=built DIB_CHECKSUM=sha256 save_image x.raw",
                in: scratch)
            #expect(result.status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.string).sorted()
            #expect(names == ["x-2024.05.06-07.08.09.raw", "x.raw", "x.raw.sha256"])
            #expect(try readText(scratch.appending("x.raw")) == "new")
        }
    }

    @Test(
        "the kernel's version is that of the newest one",
        arguments: [
            (["vmlinuz-6.1.0-9", "vmlinuz-6.1.0-10"], "6.1.0-10\n", 0), (["vmlinux-5.4"], "5.4\n", 0),
            (["vmlinuz-6.8.0-1-generic.efi.signed"], "6.8.0-1-generic\n", 0),
        ] as [([String], String, Int32)])
    func kernelVersion(boot: [String], output: String, status: Int32) async throws {
        try await withScratchDirectory { scratch in
            try write("", to: scratch.appending("boot/config"))
            let find = "MODULE_ROOT='\(scratch)'; source \"$_LIB/ramdisk-functions\"; find_kernel_version"
            let none = try bash(find)
            #expect(none.output == "ERROR: No kernel found in '\(scratch)/boot'\n" && none.status == 1)
            for name in boot { try write("", to: scratch.appending("boot/\(name)")) }
            let result = try bash(find)
            #expect(result.output == output)
            #expect(result.status == status)
        }
    }

    @Test("a ramdisk tree is packed whole, as a compressed archive", .requires(.root, .tool("cpio")))
    func ramdiskArchive() async throws {
        try await withScratchDirectory { scratch in
            let build =
                "TMP_HOOKS_PATH=hooks TMP_MOUNT_PATH=tree TMP_IMAGE_PATH=$PWD/ramdisk; mkdir hooks; "
                + "source \"$_LIB/common-functions\"; source \"$_LIB/ramdisk-functions\"; "
                + "create_ramdisk_base; copy_program bash; finalise_image; printenv OUT_IMAGE_PATH; gzip -dc ramdisk | cpio -t --quiet"
            let result = try bash(build, in: scratch)
            let lines = Set(result.output.split(separator: "\n").map(String.init))
            #expect(result.status == 0, "\(result.output)")
            #expect(
                lines.isSuperset(of: [
                    "\(scratch)/ramdisk", "bin/bash", "sbin", "dev/console", "proc", "lib64/ld-linux-x86-64.so.2",
                ]))
        }
    }

    @Test("options for another devpts are printed ready for mount")
    func devicePseudoTerminals() throws {
        let result = try bash("source \"$_LIB/common-functions\"; mount_dev_pts_options")
        #expect(result.output.wholeMatch(of: /-o [a-z0-9,=]+\n/) != nil)
    }

    @Test("run_d runs a phase and stops at the build's break point")
    func runPhase() async throws {
        try await withScratchDirectory { scratch in
            try write("#!/bin/sh\necho hook ran\n", to: scratch.appending("hooks/root.d/10-x"), mode: 0o755)
            let result = try bash(
                "source \"$_LIB/common-functions\"; TMP_HOOKS_PATH=hooks; break=before-root break_cmd=pwd; run_d root; run_d install",
                in: scratch)
            #expect(result.output.contains("At stage before-root\n\(scratch)\nResuming\n"))
            #expect(result.output.contains("Running hooks from hooks/root.d\n"))
            #expect(result.output.contains("\nhook ran\n"))
            #expect(result.status == 0)
        }
    }

    @Test("a build directory is made, exported and gone when the caller exits", .requires(.root))
    func buildDirectory() async throws {
        try await withScratchDirectory { scratch in
            let result = try bash(
                "export DIB_NO_TMPFS=1 TMPDIR='\(scratch)'; source \"$_LIB/common-functions\"; mk_build_dir; ls '\(scratch)' | cut -c 1-10; printenv TMP_IMAGE_PATH | grep -c image.raw; exit 3"
            )
            #expect(result.output.hasSuffix("\ndib_build.\ndib_image.\n1\n"))
            #expect(result.status == 3)
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.string) == [])
        }
    }
}

/// A `/boot` and what must be chosen from it; `expected` is what is printed, the refusal when `status` is not 0.
struct KernelCase: Sendable {
    let marker: String
    let boot: [String]
    let expected: String
    let status: Int32

    init(_ marker: String, _ boot: [String], _ expected: String, _ status: Int32 = 0) {
        self.marker = marker
        self.boot = boot
        self.expected = expected
        self.status = status
    }
}

/// The stand-in for sudo on builders without it.
@Suite("sudo stand-in")
struct SudoShimTests {
    private let sudo = Checkout.resources.appending("shims/sudo").string
    private let variables = ["PATH": "/usr/sbin:/usr/bin:/bin", "HOME": "/"]

    @Test(
        "options are read, assignments exported, the command keeps its arguments and status", .requires(.root),
        arguments: [
            (["-E", "sh", "-c", "echo \"$0 $1\"", "a b", "c"], "a b c\n", 0),
            (["-n", "-H", "--", "printf", "%s", "-E"], "-E", 0), (["-u", "root", "id", "-u"], "0\n", 0),
            (["--preserve-env=PATH", "X=1 2", "sh", "-c", "echo $X"], "1 2\n", 0),
            (["-nE", "-H", "printenv", "HOME"], "/root\n", 0), (["printenv", "HOME"], "/\n", 0),
            (["-Eu", "nobody", "true"], "sudo: option '-Eu' is not known to this stand-in\n", 1), (["-v"], "", 0),
            (["-k"], "", 0),
            (["-u", "nobody", "id", "-un"], "nobody\n", 0), (["sh", "-c", "exit 5"], "", 5),
            (["--frobnicate", "true"], "sudo: option '--frobnicate' is not known to this stand-in\n", 1),
        ] as [([String], String, Int32)])
    func calls(arguments: [String], output: String, status: Int32) throws {
        let result = try runTool(sudo, arguments, environment: variables)
        #expect(result.output == output)
        #expect(result.status == status)
    }

    @Test("it refuses to work for anybody but root", .requires(.root, .tool("setpriv")))
    func refusesOthers() async throws {
        try await withScratchDirectory { scratch in
            let copy = scratch.appending("sudo")
            try write(try readText(FilePath(sudo)), to: copy, mode: 0o755)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.string)
            let result = try runTool(
                "setpriv", ["--reuid", "65534", "--clear-groups", copy.string, "true"], environment: variables)
            #expect(
                result.output == "sudo: this stand-in works for root only: install sudo, or start the build as root\n")
            #expect(result.status == 1)
        }
    }
}
