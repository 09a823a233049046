import Basics
import BlockDevices
import Testing

/// Every complaint about a document names the path of the key it is about, so that one line of YAML is looked at.
@Suite struct LocationTests {
    /// A document with something wrong in it, and where.
    struct Case: CustomTestStringConvertible {
        let yaml: String
        let path: String
        var testDescription: String { path + ": " + yaml.prefix(60) }

        init(_ yaml: String, _ path: String) {
            self.yaml = yaml
            self.path = path
        }

        /// A GPT on a disk, with these partitions.
        static func table(_ partitions: String, _ path: String, label: String = "gpt", extra: String = "") -> Case {
            Case(tableDocument(label: label, partitions: partitions, extra: extra), path)
        }

        /// An `lvm` entry behind a disk with the partition `p`.
        static func volumes(_ lvs: String, _ path: String, vgs: String = "[{name: vg, base: [pv]}]") -> Case {
            table(
                "[{name: p, size: 1GiB}]", path,
                extra: "- lvm: {name: lvm, pvs: [{name: pv, base: p}], vgs: \(vgs), lvs: \(lvs)}")
        }
    }

    private static let loop = "- local_loop: {name: a}\n"

    @Test(
        "an error names the key it is about",
        arguments: [
            // Keys that are there and wrong.
            Case("- local_loop: {name: a, size: 5 MB GB}", "[0].local_loop.size"),
            Case("- local_loop: {name: a, block_size: 100}", "[0].local_loop.block_size"),
            Case("- local_loop: {name: a/b}", "[0].local_loop.name"),
            .table("[{name: p, size: 1MiB, type: zz}]", "[1].partitioning.partitions[0].type"),
            .table("[{name: p, size: 1MiB}, {name: q, size: x%}]", "[1].partitioning.partitions[1].size"),
            .table("[{name: p, size: 1MiB, flags: [grub]}]", "[1].partitioning.partitions[0].flags", label: "mbr"),
            .table("[]", "[1].partitioning.label", label: "MBR"),
            Case("- mkfs: {base: b, type: ext4, label: 0123}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: ext4, label: yes}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: ext4, label: ''}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: vfat, label: a.b}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: vfat, label: 'ESP '}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: vfat, label: Äpfel}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: ext4, label: \"a\\nb\"}", "[0].mkfs.label"),
            Case("- mkfs: {base: b, type: ext4, uuid: x}", "[0].mkfs.uuid"),
            Case("- mount: {base: m, mount_point: ../x}", "[0].mount.mount_point"),
            Case("- fstab: {base: m, dump-freq: -1}", "[0].fstab.dump-freq"),
            Case("- fstab: {base: m, options: ''}", "[0].fstab.options"),
            .volumes("[{name: l, base: vg, size: 100}]", "[2].lvm.lvs[0].size"),
            .volumes("[{name: l, base: vg, extents: 100FREE}]", "[2].lvm.lvs[0].extents"),
            .volumes("[{name: l, base: vg, extents: 5%DISK}]", "[2].lvm.lvs[0].extents"),
            .volumes("[{name: -l, base: vg, size: 4MiB}]", "[2].lvm.lvs[0].name"),
            .volumes("[]", "[2].lvm.vgs[0].name", vgs: "[{name: v g, base: [pv]}]"),
            .volumes("[{name: l, base: vg, size: 4MiB, type: raid}]", "[2].lvm.lvs[0].type"),
            .volumes("[{name: l, base: vg, size: 4MiB, type: thin, thin-pool: x}]", "[2].lvm.lvs[0].thin-pool"),
            // Keys that are missing.
            Case("- local_loop: {size: 1GiB}", "[0].local_loop.name"),
            Case("- partitioning: {name: t, label: gpt, partitions: []}", "[0].partitioning.base"),
            Case("- partitioning: {base: t, label: gpt}", "[0].partitioning.partitions"),
            .table("[{size: 1MiB}]", "[1].partitioning.partitions[0].name"),
            .table("[{name: p}]", "[1].partitioning.partitions[0].size"),
            Case("- mkfs: {base: b}", "[0].mkfs.type"),
            Case("- mount: {base: b}", "[0].mount.mount_point"),
            Case("- fstab: {name: f}", "[0].fstab.base"),
            Case("- lvm: {name: l, pvs: [], lvs: []}", "[0].lvm.vgs"),
            .volumes("[{name: l, base: vg}]", "[2].lvm.lvs[0].size"),
            .volumes("[{base: vg, size: 4MiB}]", "[2].lvm.lvs[0].name"),
            .volumes("[{name: l, base: vg, size: 4MiB, type: thin}]", "[2].lvm.lvs[0].thin-pool"),
            .volumes("[{name: l, base: vg, extents: 5%VG, type: thin, thin-pool: x}]", "[2].lvm.lvs[0].size"),
            .table("[{name: p, size: 1MiB, uuid: x}]", "[1].partitioning.partitions[0].uuid"),
            .table(
                "[{name: p, size: 1MiB, uuid: 00000000-0000-0000-0000-000000000000}]",
                "[1].partitioning.partitions[0].uuid"),
            .table(
                "[{name: p, size: 1MiB, uuid: 01234567-89ab-cdef-0123-456789abcdef}]",
                "[1].partitioning.partitions[0].uuid", label: "mbr"),
            Case("- partitioning: {base: a, label: mbr, uuid: 12345, partitions: []}", "[0].partitioning.uuid"),
            Case("- fstab: {base: m, source: device}", "[0].fstab.source"),
            Case(
                "- local_loop: {name: a, mkfs: {type: f2fs, mount: {mount_point: /, fstab: {source: uuid}}}}",
                "[0].local_loop.mkfs.mount.fstab.source"),
            // Nodes that do not fit together.
            Case(loop + "- mkfs: {base: nowhere, type: ext4}", "[1].mkfs.base"),
            Case(loop + "- local_loop: {name: a}", "[1].local_loop.name"),
            .table("[{name: p, size: 1MiB}, {name: p, size: 1MiB}]", "[1].partitioning.partitions[1].name"),
            Case(loop + "- mkfs: {base: a, type: ext4}\n- mkfs: {name: m, base: a, type: ext4}", "[2].mkfs.base"),
            .volumes(
                "[]", "[2].lvm.vgs[1].base", vgs: "[{name: v1, base: [pv]}, {name: v2, base: [pv]}]"),
            .table(
                "[{name: p, size: 1MiB, mkfs: {type: ext4, uuid: 01234567-89ab-cdef-0123-456789abcdef}}, "
                    + "{name: q, size: 1MiB, mkfs: {type: xfs, uuid: 01234567-89AB-cdef-0123-456789abcdef}}]",
                "[1].partitioning.partitions[1].mkfs.uuid"),
            // Sizes that do not fit the disk of 2 GiB.
            .table("[{name: p, size: 1GiB}, {name: q, size: 1GiB}]", "[1].partitioning.partitions[1].size"),
            .table(
                "[{name: p, size: 1GiB}, {name: q, size: 1GiB}]", "[1].partitioning.partitions[1].size", label: "mbr"),
            .table("[{name: p, size: 100B}]", "[1].partitioning.partitions[0].size"),
            .volumes("[{name: l, base: vg, size: 600MiB}, {name: m, base: vg, size: 600MiB}]", "[2].lvm.lvs[1].size"),
            .volumes(
                "[{name: l, base: vg, extents: 100%VG}, {name: m, base: vg, extents: 5}]", "[2].lvm.lvs[1].extents"),
        ])
    func theOffendingKeyIsNamed(testCase: Case) throws {
        var random = SeededGenerator(seed: 1)
        let error = #expect(throws: BlockDeviceError.self) {
            _ = try BlockDeviceLayout(graph(testCase.yaml), using: &random)
        }
        #expect(error?.location?.path == testCase.path, "\(error?.description ?? "")")
        #expect(error?.location?.line != nil)
    }
}
