import Foundation
import SystemPackage
import TestSupport
import Testing

/// Both kinds of ramdisks, built from nothing and booted: what `ramdisk-image-create` is for.
@Suite(.requires(.optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap")))
struct RamdiskTests {
    /// A fragment of /init that answers a question of the kernel's command line; it sees disks and, by busybox, has an address.
    private static let fragment = """
        # Answers.
        wait_for 20 1 '[ -b /dev/vda ]'
        number=$(get_kernel_parameter number)
        address=$(ip -4 -o address show scope global | head -n 1 | sed 's/.*inet \\([0-9.]*\\).*/\\1/')
        echo "ANSWER $((number * 7 + 1)) disk $(head -c 6 /dev/vda) at $address"

        """

    @Test(.timeLimit(.minutes(30)), arguments: ["ramdisk", "dracut-ramdisk"])
    func aRamdiskIsBuiltAndItsFragmentsRun(element: String) async throws {
        try await withScratchDirectory { scratch in
            let fragment = scratch.appending("elements/answer/init.d/60-answer")
            try FileManager.default.createDirectory(
                atPath: fragment.removingLastComponent().string, withIntermediateDirectories: true)
            try Self.fragment.write(toFile: fragment.string, atomically: false, encoding: .utf8)
            let variables = ProcessInfo.processInfo.environment.merging([
                "ELEMENTS_PATH": scratch.appending("elements").string, "TMPDIR": scratch.string,
                "DIB_DEBIAN_KERNEL": "linux-image-cloud-amd64", "DIB_DEBUG_TRACE": "0",
            ]) { _, new in new }
            let build = try runTool(
                Checkout.ingot.string,
                [
                    "ramdisk-image-create", "--ramdisk-element", element, "--checksum", "-o", "deploy",
                    "debian-minimal", "answer",
                ],
                environment: variables, directory: scratch.string)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.string)
            #expect(
                Set(names).isSuperset(of: [
                    "deploy.initramfs", "deploy.initramfs.sha256", "deploy.kernel", "deploy.kernel.sha256",
                ]))
            #expect(!names.contains("deploy.qcow2"))
            #expect(try runTool("sha256sum", ["-c", "deploy.kernel.sha256"], directory: scratch.string).status == 0)

            let test = try runTool(
                Checkout.ingot.string,
                [
                    "boot-test", "--timeout", "600", "\(scratch)/deploy.initramfs", "--kernel",
                    "\(scratch)/deploy.kernel",
                ])
            #expect(test.status == 0, "\(test.output.suffix(4000))")
            try ask(in: scratch, element)
        }
    }

    /// Boots it as a machine in a network would, until it restarts by itself.
    private func ask(in scratch: FilePath, _ element: String) throws {
        let disk = scratch.appending("disk")
        try #require(
            try runTool("sh", ["-c", "printf 'secret' > disk && truncate -s 4M disk"], directory: scratch.string).status
                == 0)
        let number = Int.random(in: 1000...9999)
        let run = try runTool(
            "timeout",
            [
                "600", "qemu-system-x86_64", "-nodefaults", "-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m",
                "1024", "-display", "none", "-no-reboot", "-serial", "stdio", "-drive",
                "file=\(disk),format=raw,if=virtio", "-nic", "user,model=virtio-net-pci,restrict=on", "-kernel",
                scratch.appending("deploy.kernel").string, "-initrd", scratch.appending("deploy.initramfs").string,
                "-append", "console=ttyS0 panic=1 number=\(number) ip=dhcp",
            ])
        #expect(run.status == 0, "the machine restarted by itself")
        let answer = "ANSWER \(number * 7 + 1) disk secret at " + (element == "ramdisk" ? "10.0.2.15" : "")
        #expect(run.output.contains(answer), "\(run.output.suffix(4000))")
        #expect(run.output.contains("rebooting"))
    }
}
