import Foundation
import SystemPackage
import TestSupport
import Testing

/// Elements that are in no other real build, all in one: nothing is booted, the finished tree is looked at.
@Suite(
    .requires(.optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("mmdebstrap"), .tool("pip3")),
    .timeLimit(.minutes(30)))
struct SmallElementsBuildTests {
    private static let wheels = Checkout.root.appending(".build/boot-tests/element-wheels")
    private static let elements = [
        "simple-init", "python-brickclient", "iscsi-boot", "dkms", "posix", "modprobe-blacklist", "disable-nouveau",
        "mellanox",
    ]

    @Test func oneDebianTakesThemAll() async throws {
        try await withScratchDirectory { scratch in
            try SampleSystem.shell(
                """
                if [ ! -d '\(Self.wheels)' ]; then
                    mkdir -p '\(Self.wheels).part'
                    pip3 download --quiet --disable-pip-version-check --python-version 3.11 --only-binary :all: \\
                        --dest '\(Self.wheels).part' glean pbr setuptools python-brick-cinderclient-ext
                    mv '\(Self.wheels).part' '\(Self.wheels)'
                fi
                """)
            let variables = ProcessInfo.processInfo.environment.merging([
                "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0", "DIB_RELEASE": "bookworm",
                "DIB_DEBIAN_KERNEL": "linux-image-cloud-amd64", "DIB_MODPROBE_BLACKLIST": "floppy pcspkr",
                "DIB_SIMPLE_INIT_WHEELS": Self.wheels.string, "DIB_BRICKCLIENT_WHEELS": Self.wheels.string,
            ]) { _, new in new }
            let build = try runTool(
                Checkout.ingot.string,
                [
                    "disk-image-create", "-t", "tar", "-o", "small", "-p", "linux-headers-cloud-amd64,acpi-call-dkms",
                    "debian-minimal",
                ] + Self.elements, environment: variables, directory: scratch.string)
            try #require(build.status == 0, "\(build.output.suffix(4000))")
            #expect(build.output.firstMatch(of: /acpi-call\/[0-9.]+, 6[^ ]*-cloud-amd64, x86_64: installed/) != nil)
            try SampleSystem.shell("mkdir '\(scratch)/tree' && tar xf '\(scratch)/small.tar' -C '\(scratch)/tree'")
            try expectTree(scratch.appending("tree"))
        }
    }

    private func expectTree(_ tree: FilePath) throws {
        func text(_ path: String) -> String? { try? String(contentsOfFile: "\(tree)/\(path)", encoding: .utf8) }
        #expect(text("etc/modprobe.d/blacklist.conf") == "blacklist floppy\nblacklist pcspkr\n")
        #expect(text("etc/modprobe.d/disable-nouveau.conf")?.contains("blacklist nouveau\n") == true)
        #expect(text("etc/iscsi/iscsi.initramfs") == "ISCSI_AUTO=true\n")
        #expect(text("etc/modules-load.d/simple-init.conf") == "8021q\n")
        let programs = [
            "usr/glean/bin/glean", "usr/share/python-brickclient/venv/bin/cinder", "usr/bin/pax", "usr/bin/compress",
            "usr/sbin/iscsistart", "usr/sbin/dhclient",
            "usr/bin/mstflint", "usr/sbin/ibstat",
        ]
        #expect(programs.filter { access("\(tree)/\($0)", X_OK) != 0 } == [])
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(tree)/usr/local/bin")
        #expect(names.filter { $0.hasPrefix("glean") }.sorted() == ["glean", "glean-install"])
        let wants = try FileManager.default.contentsOfDirectory(
            atPath: "\(tree)/etc/systemd/system/multi-user.target.wants")
        #expect(wants.contains("glean-early.service"))
        let modules = try runTool("find", ["\(tree)/lib/modules/", "-name", "acpi_call.ko*"]).output
        #expect(modules.contains("-cloud-amd64/updates/dkms/acpi_call.ko"))
        let ramdisk = try runTool("chroot", [tree.string, "sh", "-c", "lsinitramfs /boot/initrd.img-*"])
        #expect(ramdisk.status == 0 && ramdisk.output.contains("sbin/iscsistart"), "\(ramdisk.output.prefix(400))")
    }
}
