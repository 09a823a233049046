import BlockDevices
import Foundation
import Testing

/// compat-blockdevice sections 3 and 4.
@Suite struct FlatteningTests {
    private func entries(_ yaml: String) throws -> [ConfigurationEntry] {
        try BlockDeviceConfiguration(yaml: yaml).entries
    }

    private func names(_ yaml: String) throws -> [String] { try entries(yaml).map(\.name) }

    @Test(arguments: [
        (Documents.simpleGraph, Documents.simpleTree), (Documents.deepGraph, Documents.deepTree),
        (Documents.multiplePartitionsGraph, Documents.multiplePartitionsTree),
    ])
    func aTreeFlattensToTheEntriesOfItsGraph(graph: String, tree: String) throws {
        #expect(Set(try entries(tree)) == Set(try entries(graph)))
        #expect(try entries(tree).count == entries(graph).count)
    }

    @Test func aFlatDocumentKeepsItsOrder() throws {
        #expect(
            try names(Documents.deepGraph) == [
                "image0", "mbr", "mount_mkfs_root", "fstab_mount_mkfs_root", "mkfs_root",
            ])
    }

    @Test func childrenComeBeforeTheirParents() throws {
        #expect(
            try names(StockLayouts.efi) == [
                "image0", "fstab_mount_mkfs_ESP", "mount_mkfs_ESP", "mkfs_ESP", "fstab_mount_mkfs_root",
                "mount_mkfs_root", "mkfs_root", "partitioning_image0",
            ])
        #expect(
            try names(StockLayouts.efiLVM) == [
                "image0", "fstab_mount_mkfs_ESP", "mount_mkfs_ESP", "mkfs_ESP", "partitioning_image0", "lvm",
                "fstab_mount_fs_root", "mount_fs_root", "fs_root", "fstab_mount_fs_var", "mount_fs_var", "fs_var",
                "fstab_mount_fs_home", "mount_fs_home", "fs_home",
            ])
    }

    @Test func theFallbackIsItsTree() throws {
        let tree = """
            - local_loop:
                name: image0
                mkfs:
                  name: mkfs_root
                  mount:
                    mount_point: /
                    fstab:
                      options: defaults
                      fsck-passno: 1
            """
        #expect(try entries(tree) == BlockDeviceConfiguration.fallback.entries)
    }

    @Test func namesAreMadeOfTypeAndBase() throws {
        #expect(try names("- lvm: {base: [root, 'data']}") == ["lvm_['root', 'data']"])
        #expect(try names("- mkfs: {base: 8}") == ["mkfs_8"])
        #expect(try names("- local_loop: {name: a, partitioning: {partitions: []}}") == ["partitioning_a", "a"])
    }

    @Test func aPartitionTakesTheBaseOfItsTable() throws {
        let table = try entries("- partitioning: {base: image0, partitions: [{name: p, base: other, size: 1MiB}]}")
        let partition = try #require(table.first?.attributes["partitions"]?.sequence?.first)
        #expect(partition.description == "{'name': 'p', 'base': 'image0', 'size': '1MiB'}")
    }

    @Test func flatteningIsIdempotentThroughJSON() throws {
        for layout in [StockLayouts.mbr, StockLayouts.efi, StockLayouts.efiLVM, Documents.multiplePartitionsTree] {
            let configuration = try BlockDeviceConfiguration(yaml: layout)
            let json = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(BlockDeviceConfiguration.self, from: json) == configuration)
            let text = String(decoding: json, as: UTF8.self)
            #expect(try BlockDeviceConfiguration(yaml: text) == configuration)
        }
    }

    struct Refusal: CustomTestStringConvertible {
        let yaml: String
        let message: String
        var testDescription: String { yaml }
    }

    @Test(arguments: [
        Refusal(
            yaml: "- this_is_not_a_plugin_name: {foo: bar}",
            message: "Config entry is not a plugin value: {'this_is_not_a_plugin_name': {'foo': 'bar'}} "
                + "(at [0].this_is_not_a_plugin_name, line 1)"),
        Refusal(
            yaml: "- local_loop: {name: a}\n- mkfs: {base: a}\n  mount: {base: b}",
            message: "Config entry top-level should be a single dict: "
                + "{'mkfs': {'base': 'a'}, 'mount': {'base': 'b'}} (at [1], line 2)"),
        Refusal(yaml: "- just words", message: "Config entry not a dict: just words (at [0], line 1)"),
        Refusal(yaml: "- {}", message: "Config entry top-level should be a single dict: {} (at [0], line 1)"),
        Refusal(yaml: "local_loop: {name: a}", message: "Config entry not a dict: local_loop (at the top level)"),
        Refusal(yaml: "", message: "block device configuration is empty"),
        Refusal(yaml: "# nothing\n", message: "block device configuration is empty"),
        Refusal(yaml: "null", message: "block device configuration is empty"),
        Refusal(
            yaml: "- mkfs:",
            message: "Config entry 'mkfs' needs keys and values, not None (at [0].mkfs, line 1)"),
        Refusal(
            yaml: "- mkfs: {type: ext4}",
            message: "Config entry 'mkfs' needs a 'name' or a 'base' (at [0].mkfs.name, line 1)"),
        Refusal(
            yaml: "- partitioning: {base: a, partitions: [{size: 1MiB}]}",
            message: "partition needs a 'name': {'size': '1MiB'} (at [0].partitioning.partitions[0].name, line 1)"),
        Refusal(
            yaml: "- partitioning: {base: a, partitions: 3}",
            message: "'partitions' must be a list (at [0].partitioning.partitions, line 1)"),
        Refusal(
            yaml: "- partitioning: {base: a, partitions: [x]}",
            message: "partition is not a dict: 'x' (at [0].partitioning.partitions[0], line 1)"),
        Refusal(
            yaml: "- [unclosed",
            message: "cannot parse block device configuration: did not find expected ',' or ']' in line 2"),
        Refusal(
            yaml: "- mkfs: {base: a, base: b}",
            message: "cannot parse block device configuration: duplicate key 'base' in line 1"),
    ])
    func aMisshapenDocumentIsRefusedWithItsPlace(refusal: Refusal) throws {
        let error = #expect(throws: BlockDeviceError.self) { try BlockDeviceConfiguration(yaml: refusal.yaml) }
        #expect(error?.description == refusal.message)
    }

    static let aliasBomb =
        "- &a0 {x: y}\n" + (1...30).map { "- &a\($0) {x: *a\($0 - 1), y: *a\($0 - 1)}\n" }.joined()

    @Test(arguments: [aliasBomb, String(repeating: "[", count: 100_000), String(repeating: "- ", count: 100_000)])
    func hostileDocumentsEnd(text: String) {
        #expect(throws: BlockDeviceError.self) { try BlockDeviceConfiguration(yaml: text) }
    }
}

@Suite struct RootParametersTests {
    private func root(_ yaml: String, _ parameters: BlockDeviceParameters) throws -> String? {
        let merged = try BlockDeviceConfiguration(yaml: yaml).merging(parameters)
        return merged.entries.first { $0.type == .mkfs }?.attributes.description
    }

    @Test(arguments: [
        (
            "- mkfs: {base: root}", "{'base': 'root', 'name': 'mkfs_root', 'type': 'ext4', 'label': 'cloudimg-rootfs'}",
            BlockDeviceParameters(rootFilesystemType: "ext4")
        ),
        (
            "- mkfs: {base: root}", "{'base': 'root', 'name': 'mkfs_root', 'type': 'xfs', 'label': 'img-rootfs'}",
            BlockDeviceParameters(rootFilesystemType: "xfs", rootLabel: "")
        ),
        (
            "- mkfs: {base: root, type: xfs}",
            "{'base': 'root', 'name': 'mkfs_root', 'type': 'xfs', 'label': 'img-rootfs'}",
            BlockDeviceParameters(rootFilesystemType: "ext4")
        ),
        (
            "- mkfs: {base: root, label: mine, opts: -q}",
            "{'base': 'root', 'name': 'mkfs_root', 'label': 'mine', 'opts': '-q', 'type': 'ext4'}",
            BlockDeviceParameters(rootFilesystemType: "ext4", rootFilesystemOptions: "-i 4096", rootLabel: "other")
        ),
        (
            "- mkfs: {base: root}",
            "{'base': 'root', 'name': 'mkfs_root', 'type': 'ext4', 'opts': '-i 4096 -J size=64', 'label': '123'}",
            BlockDeviceParameters(
                rootFilesystemType: "ext4", rootFilesystemOptions: "-i 4096 -J size=64", rootLabel: "123")
        ),
        (
            "- mkfs: {name: fs_root, base: root}", "{'base': 'root', 'name': 'fs_root'}",
            BlockDeviceParameters(rootFilesystemType: "ext4", rootLabel: "x")
        ),
    ])
    func theEntryNamedMkfsRootIsFilledUp(yaml: String, attributes: String, parameters: BlockDeviceParameters) throws {
        #expect(try root(yaml, parameters) == attributes)
    }
}
