import Foundation
import SystemPackage
import TestSupport
import Testing

/// Images of RPM distributions, built whole by the real dnf, zypper and rpm, and booted.
///
/// Their packages are doubles that hold Debian's GRUB and kernel in the places and under the names that Red Hat and SUSE have
/// for them (`Tests/Doubles/rpm-bootable`): what the elements do with those is what is tested.
@Suite(
    .serialized,
    .requires(
        [
            .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"),
        ]
            + RPMRepositories.bootableTools),
    .timeLimit(.minutes(30)))
struct RPMBuildTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let element: String
        let repository: String
        let layout: [String]
        let firmware: [String]
        /// Where the initial ramdisk is.
        let ramdisk: String
        /// Files that hooks of the distribution's family have written, and a text in each.
        let files: [String: String]

        var testDescription: String { ([element] + layout).joined(separator: " ") }
    }

    private static let common = [
        "etc/default/grub": "GRUB_DEVICE=\"LABEL=cloudimg-rootfs\"",
        "boot/grub2/grub.cfg": "root=LABEL=cloudimg-rootfs",
        "etc/systemd/system/multi-user.target.wants/growroot.service": "ExecStart=/usr/local/sbin/growroot",
        "usr/lib/systemd/system/dhcp-interface@.service": "/usr/local/sbin/dhcp-all-interfaces.sh",
        "etc/udev/rules.d/99-dhcp-all-interfaces.rules": "dhcp-interface@$name.service",
        "usr/local/sbin/dhcp-all-interfaces.sh": "timeout=30",
    ]
    private static let redHat = [
        "etc/NetworkManager/conf.d/00-main.conf": "dhcp=internal",
        // What the real glean-install puts there.
        "usr/lib/systemd/system/glean@.service": "python-glean --use-nm",
        "usr/lib/systemd/system/glean-early.service":
            "ExecStart=/usr/lib/python3/dist-packages/glean/init/glean-early.sh",
        "etc/udev/rules.d/99-glean.rules": "glean@$name.service",
        "usr/lib/python3/dist-packages/glean/init/python-glean": "/usr/bin/python3 -m glean",
        "etc/modules-load.d/simple-init.conf": "8021q", "etc/selinux/config": "SELINUX=enforcing",
    ]
    static let kinds = [
        Kind(
            element: "centos-minimal", repository: "el9", layout: [], firmware: ["bios"], ramdisk: "boot/initramfs-",
            files: redHat),
        Kind(
            element: "centos-minimal", repository: "el9", layout: ["block-device-efi"], firmware: ["bios", "uefi"],
            ramdisk: "boot/initramfs-",
            files: redHat.merging(["boot/efi/EFI/centos/grub.cfg": "configfile $prefix/grub.cfg"]) { $1 }),
        Kind(
            element: "opensuse-minimal", repository: "suse", layout: ["block-device-efi"], firmware: ["bios", "uefi"],
            ramdisk: "boot/initrd-",
            files: [
                "etc/sysconfig/network/config": "CHECK", "boot/efi/EFI/BOOT/grub.cfg": "configfile $prefix/grub.cfg",
            ]),
    ]

    @Test func anImageBoots() async throws { try await boots(Self.kinds[1]) }

    @Test(.requires(.optIn("INGOT_LONG_TESTS")), arguments: [kinds[0], kinds[2]])
    func anotherImageBoots(kind: Kind) async throws { try await boots(kind) }

    private func boots(_ kind: Kind) async throws {
        let repositories = try RPMRepositories.make(bootable: true)
        let mirror = try WebServerDouble(folder: repositories)
        defer { mirror.stop() }
        try await withScratchDirectory { scratch in
            try build(kind, from: mirror, repositories, in: scratch)
            let tree = scratch.appending("tree")
            let unpacked = try runTool(
                Checkout.ingot.string, ["image", "extract", "\(scratch)/x.qcow2", tree.string])
            try #require(unpacked.status == 0, "\(unpacked.output)")
            for (path, text) in Self.common.merging(kind.files, uniquingKeysWith: { $1 }) {
                // Links of units lead to the image's own root.
                let file = path.hasSuffix("growroot.service") ? "usr/lib/systemd/system/growroot.service" : path
                #expect((try? FileManager.default.attributesOfItem(atPath: "\(tree)/\(path)")) != nil, "\(path)")
                let found = (try? String(contentsOfFile: "\(tree)/\(file)", encoding: .utf8)) ?? ""
                #expect(found.contains(text), "\(path): \(found)")
            }
            let menu = try String(contentsOfFile: "\(tree)/boot/grub2/grub.cfg", encoding: .utf8)
            #expect(menu.contains("/\(kind.ramdisk)"), "\(menu)")
            for firmware in kind.firmware {
                let boot = try runTool(
                    Checkout.ingot.string,
                    ["boot-test", "--timeout", "600", "--firmware", firmware, "\(scratch)/x.qcow2"])
                #expect(boot.status == 0, "\(firmware): \(boot.output.suffix(4000))")
            }
        }
    }

    private func build(
        _ kind: Kind, from mirror: WebServerDouble, _ repositories: FilePath, in scratch: FilePath
    ) throws {
        let address = "\(mirror.url)/\(kind.repository)"
        try SampleSystem.shell(
            "mkdir '\(scratch)/repos'; printf '[double]\\nname=Double\\nbaseurl=\(address)\\n' > '\(scratch)/repos/double.repo'"
        )
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = nil
        let own = [
            "DIB_RPM_KEYRING": repositories.appending("key.asc").string, "DIB_DEBUG_TRACE": "0",
            "DIB_YUM_MINIMAL_BOOTSTRAP_REPOS": "\(scratch)/repos", "DIB_ZYPPER_REPOS": "double=>\(address)",
            "DIB_IMAGE_CACHE": "\(scratch)/cache", "DIB_INSTALLTYPE_simple_init": "package",
        ]
        environment.merge(own) { $1 }
        if kind.repository == "el9" { environment["DIB_RELEASE"] = "9-stream" }
        let elements = [kind.element, "vm", "dhcp-all-interfaces", "growroot"] + kind.layout
        let build = try runTool(
            Checkout.ingot.string,
            ["disk-image-create", "-o", "x"] + elements + (kind.repository == "el9" ? ["simple-init"] : []),
            environment: environment, directory: scratch.string)
        try #require(build.status == 0, "\(build.output.suffix(4000))")
    }
}
