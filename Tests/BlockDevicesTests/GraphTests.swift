import Basics
import BlockDevices
import Testing

/// compat-blockdevice sections 5, 6, 17 and 19.
@Suite struct GraphTests {
    @Test func aDeepGraphHasOneOrder() throws {
        let order = ["image0", "root", "mkfs_root", "mount_mkfs_root", "fstab_mount_mkfs_root"]
        #expect(try graph(Documents.deepGraph).creationOrder == order)
        #expect(try graph(Documents.deepTree).creationOrder == order)
    }

    @Test func partitionsFollowEachOtherAndFilesystemsTheirs() throws {
        for document in [Documents.multiplePartitionsGraph, Documents.multiplePartitionsTree] {
            let order = try graph(document).creationOrder
            func position(_ name: String) throws -> Int { try #require(order.firstIndex(of: name)) }
            let chains = [
                ["image0", "root", "var", "var_log", "swap"], ["root", "mkfs_root"], ["var", "mkfs_var"],
                ["var_log", "mkfs_var_log"], ["swap", "mkfs_swap"],
                ["mount_mkfs_root", "mount_mkfs_var", "mount_mkfs_var_log", "mount_mkfs_swap"],
            ]
            for chain in chains { #expect(try chain.map(position) == chain.map(position).sorted()) }
        }
    }

    @Test(arguments: [
        (StockLayouts.mbr, "image0 root mkfs_root mount_mkfs_root fstab_mount_mkfs_root"),
        (StockLayouts.gpt, "image0 BSP root mkfs_root mount_mkfs_root fstab_mount_mkfs_root"),
        (
            StockLayouts.efi,
            "image0 ESP mkfs_ESP BSP root mkfs_root mount_mkfs_root fstab_mount_mkfs_root mount_mkfs_ESP "
                + "fstab_mount_mkfs_ESP"
        ),
        (
            StockLayouts.efiLVM,
            "image0 ESP mkfs_ESP BSP root lvm pv vg lv_root lv_var lv_home fs_root mount_fs_root mount_mkfs_ESP "
                + "fstab_mount_mkfs_ESP fstab_mount_fs_root fs_var fs_home mount_fs_home mount_fs_var "
                + "fstab_mount_fs_var fstab_mount_fs_home"
        ),
    ])
    func theStockLayoutsAreCreatedInAnOrderThatWorks(layout: String, order: String) throws {
        let graph = try graph(layout)
        #expect(Set(graph.creationOrder) == Set(order.split(separator: " ").map(String.init)))
        let position = Dictionary(uniqueKeysWithValues: graph.creationOrder.enumerated().map { ($1, $0) })
        let before = [
            ("image0", "ESP"), ("ESP", "BSP"), ("BSP", "root"), ("root", "lvm"), ("lvm", "pv"), ("pv", "vg"),
            ("vg", "lv_root"), ("vg", "lv_var"), ("lv_root", "fs_root"), ("fs_root", "mount_fs_root"),
            ("mount_fs_root", "mount_mkfs_ESP"), ("mount_mkfs_ESP", "mount_fs_home"),
            ("mount_fs_home", "mount_fs_var"), ("root", "mkfs_root"), ("mkfs_root", "mount_mkfs_root"),
            ("mount_mkfs_root", "mount_mkfs_ESP"), ("mount_mkfs_root", "fstab_mount_mkfs_root"),
        ]
        for (first, second) in before {
            guard let one = position[first], let two = position[second] else { continue }
            #expect(one < two, "\(first) before \(second)")
        }
    }

    @Test func mountsAreSortedByPathWhateverTheOrderOfTheDocument() throws {
        let graph = try graph(
            """
            - local_loop: {name: image0}
            - partitioning:
                base: image0
                label: gpt
                partitions:
                  - {name: b, size: 100MiB, mkfs: {type: ext4, mount: {mount_point: /boot}}}
                  - {name: s, size: 100MiB, mkfs: {type: swap, mount: {mount_point: none}}}
                  - {name: v, size: 100MiB, mkfs: {type: ext4, mount: {mount_point: var}}}
                  - {name: t, size: 100MiB, mkfs: {type: swap, mount: {mount_point: none}}}
                  - {name: r, size: 100%, mkfs: {type: ext4, mount: {mount_point: /}}}
            """)
        #expect(
            graph.mountOrder == [
                "mount_mkfs_r", "mount_mkfs_b", "mount_mkfs_v", "mount_mkfs_s", "mount_mkfs_t",
            ])
    }

    struct Refusal: CustomTestStringConvertible {
        let yaml: String
        let message: String
        init(_ yaml: String, _ message: String) {
            self.yaml = yaml
            self.message = message
        }
        var testDescription: String { message }
    }

    static let badEdge = Documents.deepGraph.replacing("base: root,", with: "base: this_is_not_a_node,")
    static let duplicateName = Documents.deepGraph.replacing("image0", with: "this_is_a_duplicate")
        .replacing("{name: mount_mkfs_root", with: "{name: this_is_a_duplicate")

    @Test(arguments: [
        Refusal(badEdge, "Edge not defined: this_is_not_a_node->mkfs_root"),
        Refusal(duplicateName, "Duplicate node name: this_is_a_duplicate"),
        Refusal(
            "- mkfs: {name: a, base: b, type: ext4}\n- mount: {name: b, base: a, mount_point: /}",
            "block devices depend on each other in a circle: "),
        Refusal(
            "- local_loop: {name: a}\n- mkfs: {base: a, type: ext4}\n- mkfs: {name: m, base: a, type: ext4}",
            "'a' is used by both 'mkfs_a' and 'm'"),
        Refusal(
            "- local_loop: {name: a}\n- mount: {base: a, mount_point: /}",
            "mount 'mount_a' needs a mkfs as base, but 'a' is a local_loop"),
        Refusal(
            "- local_loop: {name: a}\n- fstab: {base: a}",
            "fstab 'fstab_a' needs a mount as base, but 'a' is a local_loop"),
        Refusal(
            "- local_loop: {name: a}\n- mkfs: {base: a, type: ext4, mkfs: {type: ext4}}",
            "mkfs 'mkfs_mkfs_a' needs a block device as base, but 'mkfs_a' is a mkfs"),
        Refusal(
            tableDocument(
                label: "mbr", partitions: "[{name: p, size: 1MiB, flags: [primary]}]",
                extra: "- partitioning: {base: p, label: mbr, partitions: [{name: q, size: 1MiB}]}"),
            "partition table 'partitioning_p' needs a local_loop as base, but 'p' is a partition"),
        Refusal(
            "- partitioning: {base: nowhere, label: mbr, partitions: []}",
            "partition table 'partitioning_nowhere' needs a local_loop as base, but 'nowhere' is not defined"),
        Refusal(
            "- local_loop: {name: a, mkfs: {type: ext4, mount: {mount_point: /}}}\n"
                + "- local_loop: {name: b, mkfs: {type: ext4, mount: {mount_point: /}}}",
            "Mount point [/] specified more than once"),
        Refusal(
            "- local_loop: {name: a, mkfs: {type: ext4, mount: {mount_point: none}}}",
            "mount point 'none' is for swap, not for 'mkfs_a'"),
        Refusal(
            "- local_loop: {name: a, mkfs: {type: ext4, mount: {mount_point: /x/../../etc}}}",
            "mount point '/x/../../etc' is not a path below the root"),
    ])
    func nodesThatDoNotFitTogetherAreRefused(refusal: Refusal) throws {
        let error = try #require(try graphError(refusal.yaml))
        #expect(error.message.hasPrefix(refusal.message))
    }

    @Test(arguments: [
        // local_loop
        Refusal("- local_loop: {name: a, block_size: 1000}", "block_size 1000 is not one of 512, 1024, 2048, 4096"),
        Refusal("- local_loop: {name: a, block_size: big}", "'block_size' must be a whole number, not 'big'"),
        Refusal("- local_loop: {name: a, size: 1000}", "'size' must be a text: write '1000' in quotes"),
        Refusal("- local_loop: {name: a, size: '0'}", "size of 'a' is zero"),
        Refusal("- local_loop: {name: a, size: '1,5GiB'}", "Invalid size unit spec [1,5GiB]"),
        Refusal("- local_loop: {name: a, size: 747InVaLiDUnIt}", "unit_str [InVaLiDUnIt] not known"),
        Refusal("- local_loop: {name: ../a}", "name '../a' of a local_loop is not a file name"),
        // partitioning
        Refusal("- partitioning: {name: t}", "Partitioning config needs 'base'"),
        Refusal("- partitioning: {base: a}", "Partitioning config needs 'partitions'"),
        Refusal("- partitioning: {base: a, partitions: []}", "Partitioning config needs 'label'"),
        Refusal("- partitioning: {base: a, partitions: [], label: MBR}", "Label must be 'mbr' or 'gpt'"),
        Refusal(
            "- partitioning: {base: a, partitions: [], label: mbr, align: 1000}",
            "'align' must be a text: write '1000' in quotes"),
        Refusal(
            "- partitioning: {base: a, partitions: [], label: mbr, align: '1000'}",
            "'align' must be a multiple of 512 bytes, not 1000"),
        Refusal(tableDocument(partitions: "[{name: p, size: 1MiB, flags: [bootable]}]"), "Unknown flag: bootable"),
        Refusal(
            tableDocument(label: "gpt", partitions: "[{name: p, size: 1MiB, flags: [primary]}]"),
            "Primary flag not supported for GPT partitions"),
        Refusal(tableDocument(partitions: "[{name: p}]"), "No size in partition 'p'"),
        Refusal(tableDocument(partitions: "[{name: p, size: 10}]"), "'size' must be a text: write '10' in quotes"),
        Refusal(tableDocument(partitions: "[{name: p, size: ''}]"), "No size in partition 'p'"),
        Refusal(
            tableDocument(partitions: "[{name: p, size: many%}]"), "size 'many%' of partition 'p' is not a percentage"),
        Refusal(
            tableDocument(partitions: "[{name: p, size: 1MiB, type: EF00}]"),
            "MBR partition type 'EF00' is not a hexadecimal byte"),
        Refusal(
            tableDocument(partitions: "[{name: p, size: 1MiB, type: zz}]"),
            "MBR partition type 'zz' is not a hexadecimal byte"),
        Refusal(
            tableDocument(partitions: "[{name: p, size: 1MiB, type: '0x0f'}]"),
            "MBR partition type '0x0f' means 'empty' or 'extended'"),
        Refusal(
            tableDocument(label: "gpt", partitions: "[{name: p, size: 1MiB, type: ABCD}]"),
            "unknown GPT partition type 'ABCD': give sgdisk's code or a GUID"),
        Refusal(
            tableDocument(partitions: "[{name: p, size: 1MiB}, {name: q, size: 1MiB, flags: [primary]}]"),
            "All primary partitions must be given first"),
        Refusal(
            tableDocument(
                partitions: "[" + (1...5).map { "{name: p\($0), size: 1MiB, flags: [primary]}" }.joined(separator: ", ")
                    + "]"),
            "an MBR holds 4 primary partitions, one of them taken by the logical ones: 'p5' is one too many"),
        Refusal(
            tableDocument(
                partitions: "[" + (1...4).map { "{name: p\($0), size: 1MiB, flags: [primary]}" }.joined(separator: ", ")
                    + ", {name: l, size: 1MiB}]"),
            "an MBR holds 4 primary partitions, one of them taken by the logical ones: 'l' is one too many"),
        Refusal(
            "- local_loop: {name: a, block_size: 4096, partitioning: {label: mbr, partitions: []}}",
            "an MBR needs sectors of 512 bytes, 'a' has 4096: use label gpt"),
        // mkfs, mount, fstab
        Refusal("- mkfs: {name: m, type: ext4}", "Mkfs config needs [base]"),
        Refusal("- mkfs: {base: b}", "Mkfs config needs [type]"),
        Refusal("- mkfs: {base: b, type: 'ext4 -x'}", "filesystem type 'ext4 -x' is not a word"),
        Refusal("- mkfs: {base: b, type: ext4, label: 123}", "'label' must be a text: write '123' in quotes"),
        Refusal(
            "- mkfs: {base: b, type: xfs, label: this-label-is-too-long-to-be-used-here1}",
            "Label [this-label-is-too-long-to-be-used-here1] too long for filesystem [xfs]: 39 > 12"),
        Refusal(
            "- mkfs: {base: b, type: ext4, label: seventeen-letters}",
            "Label [seventeen-letters] too long for filesystem [ext4]: 17 > 16"),
        Refusal(
            "- mkfs: {name: a_long_fs_name, base: b, type: vfat}",
            "Label [A_LONG_FS_NAME] too long for filesystem [vfat]: 14 > 11"),
        Refusal(
            "- mkfs: {base: b, type: xfs, label: duplicate}\n- mkfs: {base: c, type: xfs, label: duplicate}",
            "File system label [duplicate] used more than once"),
        Refusal("- mkfs: {base: b, type: ext4, uuid: root-uuid-1234}", "uuid 'root-uuid-1234' is not a UUID"),
        Refusal("- mount: {name: m, mount_point: /}", "MountPoint config needs [base]"),
        Refusal("- mount: {base: m}", "MountPoint config needs [mount_point]"),
        Refusal("- fstab: {name: f}", "fstab 'f' needs a 'base'"),
        Refusal("- fstab: {base: m, options: 'rw, noatime'}", "fstab options 'rw, noatime' are not one word"),
        Refusal("- fstab: {base: m, fsck-passno: first}", "'fsck-passno' must be a whole number, not 'first'"),
        // lvm
        Refusal("- lvm: {name: l}", "Lvm config requires a 'pvs'"),
        Refusal("- lvm: {name: l, pvs: []}", "Lvm config needs 'vgs'"),
        Refusal("- lvm: {name: l, pvs: [], vgs: []}", "Lvm config needs 'lvs'"),
        Refusal("- lvm: {name: l, pvs: [{base: x}], vgs: [], lvs: []}", "Missing 'name' in pvs config"),
        Refusal("- lvm: {name: l, pvs: [{name: p}], vgs: [], lvs: []}", "Missing 'base' in pvs_config"),
        Refusal("- lvm: {name: l, pvs: [], vgs: [{base: [x]}], lvs: []}", "Missing 'name' in vgs config"),
        Refusal("- lvm: {name: l, pvs: [], vgs: [{name: v}], lvs: []}", "Missing 'base' in vgs config"),
        Refusal(
            "- lvm: {name: l, pvs: [{name: p, base: x}], vgs: [{name: v, base: [invalid_pv]}], lvs: []}",
            "base:invalid_pv in vgs does not match a valid pvs"),
    ])
    func aNodeThatIsWrongIsRefusedInUpstreamsWords(refusal: Refusal) throws {
        let error = try #require(try graphError(refusal.yaml))
        #expect(error.message == refusal.message)
    }

    @Test func anErrorNamesTheLineOfTheOffendingKey() throws {
        let error = try graphError(StockLayouts.mbr.replacing("[boot, primary]", with: "[boot, primary, grub]"))
        #expect(
            error?.description
                == "Unknown flag: grub (at [1].partitioning.partitions[0].flags, line 8)")
    }

    @Test func unknownKeysAreIgnored() throws {
        let yaml = StockLayouts.mbr.replacing("fsck-passno", with: "fck-passno")
        let graph = try graph(yaml)
        #expect(graph.mounts.compactMap { graph.fstabEntry(of: $0)?.fsckPass } == [2])
    }

    @Test func partitionTypesAreTakenFromTheSourceText() throws {
        let partitions =
            "[{name: a, size: 1MiB, type: 0700}, {name: b, size: 1MiB, type: 8e00}, "
            + "{name: c, size: 1MiB, type: 0x8200}, {name: d, size: 1MiB, type: 8300}, {name: e, size: 1MiB}]"
        let table = try #require(try graph(tableDocument(label: "gpt", partitions: partitions)).partitionings.first)
        #expect(
            table.partitions.map(\.type)
                == ["0700", "8E00", "8200", "8300", "8300"].map { PartitionTypeCode.guid(for: $0) })
        let mbr =
            "[{name: a, size: 1MiB, type: 0x0c}, {name: b, size: 1MiB, type: 82}, {name: c, size: 1MiB, type: 8E}]"
        #expect(
            try graph(tableDocument(partitions: mbr)).partitionings[0].partitions.map(\.type) == ["0c", "82", "8e"])
    }

    @Test func theNodeCarriesWhatTheDocumentSays() throws {
        let graph = try graph(Documents.multiplePartitionsTree)
        #expect(graph.filesystems.map(\.label) == ["img-rootfs", "mkfs_var", "VARLOG", "mkfs_swap"])
    }
}
