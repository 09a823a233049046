import Basics
import BlockDevices
import Foundation
import ImageAssembly
import SystemPackage
import TestSupport
import Testing

/// The cases of diskimage-builder's own tests that are about what is done, and what is noted of it
/// (compat-blockdevice section 19: mount order and state; those about documents are in BlockDevicesTests).
@Suite struct UpstreamAcceptanceTests {
    private struct Run {
        let disk: ActiveDisk
        let created: [String]
        let released: [String]
    }

    private func run(_ document: String, size: ByteCount = .gibibytes(5)) async throws -> Run {
        let parameters = BlockDeviceParameters(
            rootFilesystemType: "ext4", imageSize: size, imageDirectory: "/img", mountBase: "/fake")
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters)
        var random = SeededGenerator(seed: 1)
        let host = RecordingDiskHost()
        let activation = BlockDeviceActivation(host: host)
        let made = try await activation.create(BlockDeviceLayout(graph, using: &random))
        let count = host.acts.count
        var disk = made
        try await activation.release(&disk)
        return Run(disk: made, created: Array(host.acts.prefix(count)), released: Array(host.acts.dropFirst(count)))
    }

    private static let rootUUID = "b6c1a6f0-2f4e-4b0a-9f2e-6a8f0f5c1234"
    private static let swapUUID = "0d9ed3b1-7a2c-4b8e-8d35-9b1f5a7e1234"

    @Test func filesystemsAreMadeAndMountedInOrder() async throws {
        let run = try await run(
            """
            - local_loop: {name: image0}
            - partitioning:
                name: mbr
                base: image0
                label: mbr
                partitions:
                  - {name: root, flags: [boot, primary], size: 54%, mkfs: {type: xfs, uuid: \(Self.rootUUID), mount: {mount_point: /, fstab: {}}}}
                  - {name: var, size: 40%, mkfs: {type: xfs, mount: {mount_point: /var, fstab: {}}}}
                  - {name: var_log, size: 5%, mkfs: {type: vfat, label: varlog, mount: {mount_point: /var/log, fstab: {}}}}
                  - {name: swap, size: 1%, mkfs: {type: swap, uuid: \(Self.swapUUID), mount: {mount_point: none, fstab: {}}}}
            """)
        let formats = run.created.filter { $0.hasPrefix("run mk") }
        #expect(formats.count == 4)
        #expect(formats.contains { $0.hasPrefix("run mkfs -t xfs ") && $0.contains("uuid=\(Self.rootUUID) ") })
        #expect(formats.contains { $0.hasPrefix("run mkfs -t xfs ") && $0.contains(" -L mkfs_var -q ") })
        #expect(formats.contains { $0.hasPrefix("run mkfs -t vfat ") && $0.contains(" -n VARLOG ") })
        #expect(formats.contains("run mkswap -L mkfs_swap -U \(Self.swapUUID) /dev/loop11"))
        #expect(run.disk.layout.mounts.map(\.mountPoint) == ["/", "/var", "/var/log", "none"])
        #expect(
            run.created.filter { $0.hasPrefix("mount") } == [
                "mount xfs /fake", "mount xfs /fake/var", "mount vfat /fake/var/log",
            ])
        // FAT is not trimmed.
        #expect(
            run.released.prefix(7) == [
                "unmount /fake/var/log", "sync /fake/var", "run fstrim --verbose /fake/var", "unmount /fake/var",
                "sync /fake", "run fstrim --verbose /fake", "unmount /fake",
            ])
    }

    private static let unsorted = """
        - local_loop: {name: image0, size: 5G}
        - partitioning:
            base: image0
            label: mbr
            partitions:
              - {name: boot, flags: [boot, primary], size: 1G}
              - {name: root, flags: [primary], size: 3G}
        - lvm:
            name: lvm
            base: [root]
            pvs: [{name: pv, base: root}]
            vgs: [{name: vg, base: [pv]}]
            lvs:
              - {name: lv_root, base: vg, size: 1900M}
              - {name: lv_var, base: vg, size: 500M}
              - {name: lv_swap, base: vg, size: 100M}
        - mkfs: {base: boot, type: ext3, mount: {mount_point: /boot, fstab: {options: "nodev,nosuid"}}}
        - mkfs: {name: mkfs_root, base: lv_root, label: img-rootfs, type: ext4, opts: -m 1, mount: {mount_point: /, fstab: {fsck-passno: 1}}}
        - mkfs: {name: mkfs_var, base: lv_var, type: ext4, mount: {mount_point: /var}}
        - mkfs: {name: mkfs_swap, base: lv_swap, type: swap, mount: {mount_point: none, fstab: {options: sw}}}
        """

    @Test func aDocumentOutOfOrderIsMountedInOrder() async throws {
        let run = try await run(Self.unsorted)
        #expect(run.disk.layout.mounts.map(\.mountPoint) == ["/", "/boot", "/var", "none"])
        #expect(
            run.created.filter { $0.hasPrefix("mount") } == [
                "mount ext4 /fake", "mount ext3 /fake/boot", "mount ext4 /fake/var",
            ])
        #expect(
            run.released.prefix(9) == [
                "sync /fake/var", "run fstrim --verbose /fake/var", "unmount /fake/var", "sync /fake/boot",
                "run fstrim --verbose /fake/boot",
                "unmount /fake/boot", "sync /fake", "run fstrim --verbose /fake", "unmount /fake",
            ])
    }

    @Test func theStateDumpHasUpstreamsKeysInTheirOrder() async throws {
        let disk = try await run(Self.unsorted).disk
        try await withScratchDirectory { directory in
            let states = try BlockDeviceStates(buildDirectory: directory)
            try states.describe(disk)
            let path = directory.appending("states/block-device/state.json").string
            let uuid = { (name: String) in disk.layout.filesystems.first { $0.name == name }?.uuid ?? "none" }
            let expected = """
                {"sorted_mount_points":[["/","mount_mkfs_root"],["/boot","mount_mkfs_boot"],["/var","mount_mkfs_var"],
                ["none","mount_mkfs_swap"]],
                "fs_labels":["mkfs_boot","img-rootfs","mkfs_var","mkfs_swap"],
                "blockdev":{"image0":{"device":"/dev/loop7","image":"/img/image0.raw"},
                "boot":{"device":"/dev/loop8"},"root":{"device":"/dev/loop9"},
                "lv_root":{"vgs":"vg","size":"1900M","extents":null,"opts":[],"device":"/dev/mapper/vg-lv_root"},
                "lv_var":{"vgs":"vg","size":"500M","extents":null,"opts":[],"device":"/dev/mapper/vg-lv_var"},
                "lv_swap":{"vgs":"vg","size":"100M","extents":null,"opts":[],"device":"/dev/mapper/vg-lv_swap"}},
                "pvs":{"pv":{"opts":[],"device":"/dev/loop9"}},
                "vgs":{"vg":{"opts":[],"devices":["pv"]}},
                "filesys":{
                "mkfs_boot":{"uuid":"\(uuid("mkfs_boot"))","label":"mkfs_boot","fstype":"ext3","opts":null,"device":"/dev/loop8"},
                "mkfs_root":{"uuid":"\(uuid("mkfs_root"))","label":"img-rootfs","fstype":"ext4","opts":["-m","1"],"device":"/dev/mapper/vg-lv_root"},
                "mkfs_var":{"uuid":"\(uuid("mkfs_var"))","label":"mkfs_var","fstype":"ext4","opts":null,"device":"/dev/mapper/vg-lv_var"},
                "mkfs_swap":{"uuid":"\(uuid("mkfs_swap"))","label":"mkfs_swap","fstype":"swap","opts":null,"device":"/dev/mapper/vg-lv_swap"}},
                "mount":{"/":{"name":"mount_mkfs_root","base":"mkfs_root","path":"/fake"},
                "/boot":{"name":"mount_mkfs_boot","base":"mkfs_boot","path":"/fake/boot"},
                "/var":{"name":"mount_mkfs_var","base":"mkfs_var","path":"/fake/var"},
                "none":{"name":"mount_mkfs_swap","base":"mkfs_swap","path":"none"}},
                "mount_order":["/","/boot","/var","none"],
                "fstab":{
                "mount_mkfs_root":{"name":"fstab_mount_mkfs_root","base":"mount_mkfs_root","options":"defaults","dump-freq":0,"fsck-passno":1},
                "mount_mkfs_boot":{"name":"fstab_mount_mkfs_boot","base":"mount_mkfs_boot","options":"nodev,nosuid","dump-freq":0,"fsck-passno":2},
                "mount_mkfs_swap":{"name":"fstab_mount_mkfs_swap","base":"mount_mkfs_swap","options":"sw","dump-freq":0,"fsck-passno":0}}}
                """.replacing("\n", with: "") + "\n"
            #expect(try String(contentsOfFile: path, encoding: .utf8) == expected)
        }
    }

    @Test func severalSwapAreasAllHaveAnEntry() async throws {
        let run = try await run(
            """
            - local_loop: {name: image0}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: a, size: 1GiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {}}}}
                  - {name: b, size: 1GiB, mkfs: {type: swap, mount: {mount_point: other, fstab: {}}}}
            """)
        #expect(run.disk.layout.fstab == "LABEL=mkfs_a none swap sw 0 0\nLABEL=mkfs_b none swap sw 0 0\n")
        try await withScratchDirectory { (directory: FilePath) throws in
            try BlockDeviceStates(buildDirectory: directory).describe(run.disk)
            let path = directory.appending("states/block-device/state.json").string
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.contains("\"mount\":{\"none\":{\"name\":\"mount_mkfs_a\""))
            #expect(text.contains("\"mount_mkfs_b\":{\"name\":\"mount_mkfs_b\",\"base\":\"mkfs_b\",\"path\":\"none\"}"))
        }
    }
}
