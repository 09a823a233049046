import BootTesting
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// The ramdisk that offers its disk to a boot server: by both servers for iSCSI, until an image is on the disk.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap"),
        .tool("qemu-img"), .tool("cpio")),
    .timeLimit(.minutes(60)))
struct DeployRamdiskTests {
    /// One server for iSCSI, the unit that its disk has there, and what else is in the ramdisk.
    struct Kind: Sendable, CustomTestStringConvertible {
        let server: String
        let unit: Int
        let elements: [String]
        let kernel: String

        var testDescription: String { server }
    }

    /// Kernels for clouds have no target of their own.
    static let kinds = [
        Kind(
            server: "deploy-tgtadm", unit: 1, elements: ["hwburnin", "hwdiscovery", "deploy-kexec"],
            kernel: "linux-image-cloud-amd64"),
        Kind(server: "deploy-targetcli", unit: 0, elements: ["hwdiscovery"], kernel: "linux-image-amd64"),
    ]

    @Test(arguments: kinds)
    func anImageIsWrittenToTheDisk(kind: Kind) async throws {
        try await withScratchDirectory { scratch in
            // QEMU's own client of iSCSI is a package of its own.
            try #require(try runTool("qemu-img", ["--help"]).output.contains("iscsi"), "needs qemu-block-extra")
            try build(kind, in: scratch)
            let boot = try WebServerDouble(port: DeployMachine.bootServerPort) { _ in .json("{}") }
            defer { boot.stop() }
            let number = Int.random(in: 1000...9999)
            try prepareFiles(number, in: scratch)
            let ports = try (WebServerDouble.freePort(), WebServerDouble.freePort())
            let accelerator = try await AcceleratorProbe(runner: SubprocessRunner()).best(in: scratch)
            let machine = try DeployMachine.start(accelerator, ports: ports, in: scratch)
            defer { stop(machine) }
            var console: String { (try? String(contentsOfFile: "\(scratch)/console", encoding: .utf8)) ?? "" }

            let request = boot.request(within: 900) { $0.line.hasPrefix("POST / ") }
            #expect(request?.body == "i=7&k=secret&a=10.0.2.15&n=\(DeployMachine.target)&e=", "\(console.suffix(4000))")
            let inventory = boot.requests.first { $0.line.hasPrefix("POST /inventory ") }?.body ?? ""
            #expect(Self.decoded(inventory).contains("\"disk size\": \"67108864\""), "\(inventory)")
            let copy = try runTool(
                "qemu-img",
                [
                    "convert", "-n", "-f", "raw", "-O", "raw", "\(scratch)/image",
                    "iscsi://127.0.0.1:\(ports.0)/\(DeployMachine.target)/\(kind.unit)",
                ])
            #expect(copy.status == 0, "\(copy.output)")
            // Connecting is how the boot server says that it is done.
            try SampleSystem.shell("exec 8<>/dev/tcp/127.0.0.1/\(ports.1); echo done >&8")
            machine.waitUntilExit()
            #expect(machine.terminationStatus == 0, "the machine restarted by itself: \(console.suffix(2000))")
            let written = try runTool("cmp", ["-n", "1048576", "\(scratch)/image", "\(scratch)/disk"])
            #expect(written.status == 0, "the image is on the disk: \(written.output)")
            if kind.elements.contains("deploy-kexec") {
                #expect(console.contains("hwburnin: memory passed") && console.contains("hwburnin: vda passed"))
                #expect(console.contains("DEPLOYED \(number * 7 + 1)"), "\(console.suffix(2000))")
            }
        }
    }

    private func build(_ kind: Kind, in scratch: FilePath) throws {
        let variables = ProcessInfo.processInfo.environment.merging([
            "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0", "DIB_DEBIAN_KERNEL": kind.kernel,
        ]) { _, new in new }
        let build = try runTool(
            Checkout.ingot.string,
            ["ramdisk-image-create", "-o", "deploy", "debian-minimal", "deploy-baremetal", kind.server] + kind.elements,
            environment: variables, directory: scratch.string)
        try #require(build.status == 0, "\(build.output.suffix(4000))")
    }

    /// The image, the disk, and what the boot server has for TFTP: the same kernel, and a ramdisk that answers a question.
    private func prepareFiles(_ number: Int, in scratch: FilePath) throws {
        try SampleSystem.shell(
            """
            cd '\(scratch)'
            head -c 1048576 /dev/urandom > image
            truncate -s 64M disk
            menu=tftp/tftpboot/pxelinux.cfg
            mkdir -p "$menu" deployed/dev deployed/proc
            cp deploy.kernel tftp/kernel
            printf 'label x\\nkernel kernel\\n  append console=ttyS0 panic=1 number=\(number)\\n' \\
                > "$menu/01-\(DeployMachine.address.replacing(":", with: "-"))"
            cd deployed
            zcat ../deploy.initramfs | cpio -idm --quiet bin/busybox lib64 '*ld-linux*' '*libc.so*' '*libresolv*' '*/libc-*'
            cat > init <<'E'
            #!/bin/busybox sh
            /bin/busybox mount -t proc proc /proc
            for word in $(/bin/busybox cat /proc/cmdline); do
                case "$word" in number=*) number=${word#number=} ;; esac
            done
            echo "DEPLOYED $((number * 7 + 1))"
            /bin/busybox sleep 2
            /bin/busybox reboot -f
            E
            chmod 755 init
            find . | cpio -o --quiet -H newc | gzip > ../tftp/ramdisk
            """)
    }

    /// The form's field of the inventory, out of its base64.
    private static func decoded(_ form: String) -> String {
        let data = form.replacing("hwdiscovery=true&hwdiscovery_data=", with: "").replacing("%3D", with: "=")
            .replacing("%2B", with: "+")
        return String(decoding: Data(base64Encoded: data) ?? Data(), as: UTF8.self)
    }
}
