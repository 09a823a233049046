import Basics
import BlockDevices
import Testing

/// The LVM cases of compat-blockdevice section 19, as far as they are about documents.
@Suite struct LogicalVolumesTests {
    /// A disk with the partitions of a list, and an `lvm` entry of these lines.
    private func document(_ lvm: String, partitions: String = "[{name: root, size: 3G, flags: [boot, primary]}]")
        -> String
    {
        tableDocument(
            partitions: partitions, extra: "- lvm:\n" + lvm.split(separator: "\n").map { "    \($0)\n" }.joined())
    }

    private func volumes(_ document: String) throws -> LogicalVolumes {
        try #require(try graph(document).logicalVolumes.first)
    }

    private static let onePool = """
        base: mbr
        pvs: [{name: pv, base: root, options: [--force]}]
        vgs: [{name: vg, base: [pv], options: [--force]}]
        lvs:
          - {name: lv_root, base: vg, size: 1800M}
          - {name: lv_tmp, base: vg, size: 100M}
          - {name: lv_var, base: vg, size: 500M}
          - {name: lv_home, base: vg, size: 200M}
        """

    @Test func theEntryIsNamedAfterItsBase() throws {
        #expect(try volumes(document(Self.onePool)).name == "lvm_mbr")
    }

    @Test func sizesAreCutToWholeExtents() throws {
        let sizes: [UInt64] = try volumes(document(Self.onePool)).logicalVolumes.compactMap {
            if case .size(let size) = $0.extent { size.bytes } else { nil }
        }
        #expect(sizes == [1_799_356_416, 96_468_992, 499_122_176, 197_132_288])
    }

    @Test func groupsSpanVolumesAndVolumesFollowTheirGroups() throws {
        let spanned = """
            name: lvm
            pvs: [{name: pv_root, base: root}, {name: pv_a, base: a}, {name: pv_b, base: b}]
            vgs: [{name: vg_root, base: [pv_root]}, {name: vg_data, base: [pv_a, pv_b]}]
            lvs: [{name: lv_root, base: vg_root, extents: 100%FREE}, {name: lv_data, base: vg_data, size: 2G}]
            """
        let partitions = "[{name: root, size: 3G, flags: [primary]}, {name: a, size: 1G}, {name: b, size: 1G}]"
        let graph = try graph(document(spanned, partitions: partitions))
        #expect(
            graph.creationOrder == [
                "image0", "root", "a", "b", "lvm", "pv_root", "pv_a", "pv_b", "vg_root", "vg_data", "lv_root",
                "lv_data",
            ])
        let lvm = try #require(graph.logicalVolumes.first)
        #expect(lvm.volumeGroups.map(\.base) == [["pv_root"], ["pv_a", "pv_b"]])
        #expect(lvm.logicalVolumes.map(\.extent) == [.extents("100%FREE"), .size(ByteCount(1_996_488_704))])
        #expect(graph.requiredTools.contains("lvcreate"))
    }

    @Test func thinVolumesLiveInAPool() throws {
        let thin = """
            name: lvm
            pvs: [{name: pv, base: root}]
            vgs: [{name: vg, base: [pv]}]
            lvs:
              - {name: pool, type: thin-pool, base: vg, size: 2800MiB}
              - {name: lv, type: thin, thin-pool: pool, base: vg, size: 1800MiB}
            """
        let lvm = try volumes(document(thin))
        #expect(lvm.logicalVolumes.map(\.provisioning) == [.thinPool, .thin])
        #expect(lvm.logicalVolumes.map(\.thinPool) == [nil, "pool"])
        #expect(lvm.logicalVolumes[0].extent == .size(ByteCount(2_936_012_800)))
        let onPool = document(thin) + "\n- mkfs: {name: m, base: pool, type: ext4}"
        #expect(
            try graphError(onPool)?.message
                == "mkfs 'm' needs a block device as base, but 'pool' is a LVM logical volume")
    }

    @Test(arguments: [
        (
            "base: vg, size: 1800M", "base: [invalid_vg], size: 1800M",
            "base:['invalid_vg'] in lvs does not match a valid vg"
        ),
        ("base: vg, size: 1800M", "base: vg", "Missing 'size' or 'extents' in lvs config"),
        ("base: [pv]", "base: [invalid_pv]", "base:invalid_pv in vgs does not match a valid pvs"),
        ("base: [pv]", "base: pv", "'base' must be a list, not 'pv'"),
        (
            "base: vg, size: 1800M", "base: vg, size: 1800M, type: thin-pol",
            "Unsupported type:thin-pol, supported types: thin, thin-pool"
        ),
        ("base: vg, size: 1800M", "base: vg, size: 1800", "'size' must be a text: write '1800' in quotes"),
        ("pvs: [{name: pv, base: root", "pvs: [{name: pv, base: nowhere", "Edge not defined: nowhere->lvm_mbr"),
        ("name: lv_tmp, ", "", "Missing 'name' in lvs config"),
        ("name: lv_tmp", "name: root", "Duplicate node name: root"),
    ])
    func whatIsWrongIsSaidInUpstreamsWords(text: String, replacement: String, message: String) throws {
        let changed = document(Self.onePool.replacing(text, with: replacement))
        #expect(try graphError(changed)?.message == message)
    }
}

/// Sizes of volumes, planned as LVM makes them.
@Suite struct VolumePlacementTests {
    private func layout(_ lvm: String, partitions: String) throws -> BlockDeviceLayout {
        let yaml = tableDocument(
            label: "gpt", partitions: partitions,
            extra: "- lvm:\n    name: lvm\n" + lvm.split(separator: "\n").map { "    \($0)\n" }.joined())
        var random = SeededGenerator(seed: 1)
        return try BlockDeviceLayout(graph(yaml), using: &random)
    }

    private func extents(_ lvs: String, options: String = "[--force]") throws -> [UInt64?] {
        try layout(
            """
            pvs: [{name: pv, base: p, options: \(options)}]
            vgs: [{name: vg, base: [pv]}]
            lvs: \(lvs)
            """, partitions: "[{name: p, size: 1GiB}]"
        ).volumes.map { $0.size.map { $0.bytes >> 22 } }
    }

    @Test func sharesAreOfTheGroupOrOfWhatIsLeft() throws {
        // As lvcreate of LVM 2.03.16 makes them on a device of 1 GiB.
        #expect(
            try extents(
                "[{name: a, base: vg, extents: 23%VG}, {name: b, base: vg, extents: 50%FREE}, "
                    + "{name: c, base: vg, size: 104857600B}, {name: e, base: vg, extents: 100%FREE}]")
                == [58, 98, 25, 74])
    }

    @Test func aPoolTakesRoomAndItsVolumesNone() throws {
        #expect(
            try extents(
                "[{name: pool, base: vg, type: thin-pool, size: 800MiB}, "
                    + "{name: t, base: vg, type: thin, thin-pool: pool, size: 5GiB}, "
                    + "{name: rest, base: vg, extents: 100%FREE}]") == [200, 1280, 53])
    }

    @Test func optionsThatChangeTheCountingLeaveItToLVM() throws {
        #expect(try extents("[{name: a, base: vg, size: 9GiB}]", options: "[--metadatasize, 100m]") == [nil])
    }

    @Test func aGroupSpansItsVolumes() throws {
        let layout = try layout(
            """
            pvs: [{name: x, base: p}, {name: y, base: q}]
            vgs: [{name: vg, base: [x, y]}]
            lvs: [{name: a, base: vg, size: 1200MiB}]
            """, partitions: "[{name: p, size: 1GiB}, {name: q, size: 512MiB}]")
        #expect(layout.volumes == [try #require(layout.volumes.first)])
        #expect(layout.volumes[0].size == .mebibytes(1200))
    }
}
