import Basics
import BlockDevices
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// The commands of LVM: those that upstream's tests record, on a host with udev, and what LVM itself makes of them.
@Suite struct LogicalVolumesSequenceTests {
    private static let mounted = """
        - mkfs: {name: fs_root, base: lv_root, type: xfs, label: img-rootfs, mount: {mount_point: /}}
        """

    private static func document(partitions: String, lvm: String, rest: String = mounted) -> String {
        """
        - local_loop: {name: image0, size: 10GiB}
        - partitioning: {base: image0, label: mbr, partitions: [\(partitions)]}
        - lvm:
            name: lvm
        \(lvm.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        \(rest)
        """
    }

    /// What is recorded from creation to the end, LVM's and udev's part, by phase.
    private func commands(_ document: String) async throws -> (create: [String], release: [String], forget: [String]) {
        let parameters = BlockDeviceParameters(imageDirectory: "/img", mountBase: "/mnt")
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters)
        var random = SeededGenerator(seed: 1)
        let host = RecordingDiskHost(hasUdev: true)
        let activation = BlockDeviceActivation(host: host)
        var disk = try await activation.create(BlockDeviceLayout(graph, using: &random))
        let created = host.commands.filter { !$0.hasPrefix("mkfs") }
        let start = host.commands.count
        try await activation.release(&disk)
        let released = host.commands.dropFirst(start).filter { !$0.hasPrefix("fstrim") }
        let end = host.commands.count
        await activation.forget(disk)
        return (created, released, Array(host.commands.dropFirst(end)))
    }

    private static func volumes(_ group: (String) -> String, _ sizes: KeyValuePairs<String, String>) -> String {
        "lvs: [" + sizes.map { "{name: \($0), base: \(group($0)), \($1)}" }.joined(separator: ", ") + "]"
    }

    private static let twoPartitions =
        "{name: root, size: 3G, flags: [boot, primary]}, {name: data, size: 1G, flags: [primary]}"
    private static let sixSizes: KeyValuePairs = [
        "lv_root": "size: 1800M", "lv_tmp": "size: 100M", "lv_var": "size: 500M", "lv_log": "size: 100M",
        "lv_audit": "size: 100M", "lv_home": "size: 200M",
    ]
    private static let sixBytes: KeyValuePairs = [
        "lv_root": 1_799_356_416, "lv_tmp": 96_468_992, "lv_var": 499_122_176, "lv_log": 96_468_992,
        "lv_audit": 96_468_992, "lv_home": 197_132_288,
    ]

    @Test func oneGroupOnTwoVolumes() async throws {
        let lvm = """
            pvs: [{name: pv, base: root, options: [--force]}, {name: pv1, base: data, options: [--force]}]
            vgs: [{name: vg, base: [pv, pv1], options: [--force]}]
            \(Self.volumes({ _ in "vg" }, Self.sixSizes))
            """
        let commands = try await commands(Self.document(partitions: Self.twoPartitions, lvm: lvm))
        #expect(
            commands.create == [
                "pvcreate /dev/loop8 --force", "pvcreate /dev/loop9 --force",
                "vgcreate vg /dev/loop8 /dev/loop9 --force",
            ] + Self.sixBytes.map { "lvcreate --name \($0) -L \($1)B vg" })
    }

    @Test func twoGroupsAndTheirRelease() async throws {
        func group(_ name: String) -> String { ["lv_root", "lv_tmp"].contains(name) ? "vg1" : "vg2" }
        let lvm = """
            pvs: [{name: pv, base: root, options: [--force]}, {name: pv1, base: data, options: [--force]}]
            vgs: [{name: vg1, base: [pv], options: [--force]}, {name: vg2, base: [pv1], options: [--force]}]
            \(Self.volumes(group, Self.sixSizes))
            """
        let commands = try await commands(Self.document(partitions: Self.twoPartitions, lvm: lvm))
        #expect(
            commands.create == [
                "pvcreate /dev/loop8 --force", "pvcreate /dev/loop9 --force", "vgcreate vg1 /dev/loop8 --force",
                "vgcreate vg2 /dev/loop9 --force",
            ] + Self.sixBytes.map { "lvcreate --name \($0) -L \($1)B \(group($0))" })
        #expect(
            commands.release == Self.sixBytes.map { name, _ in "lvchange -an /dev/\(group(name))/\(name)" } + [
                "vgchange -an vg1", "vgchange -an vg2", "udevadm settle",
            ])
        #expect(commands.forget == ["pvscan --cache"])
    }

    @Test func aGroupThatSpansVolumes() async throws {
        let lvm = """
            pvs: [{name: pv_root, base: root, options: [--force]}, {name: pv1, base: data1, options: [--force]}, \
            {name: pv2, base: data2, options: [--force]}]
            vgs: [{name: vg_root, base: [pv_root], options: [--force]}, {name: vg_data, base: [pv1, pv2], options: [--force]}]
            lvs: [{name: lv_root, base: vg_root, size: 1800M}, {name: lv_data, base: vg_data, size: 2G}]
            """
        let partitions =
            Self.twoPartitions.replacing("data", with: "data1").replacing("1G", with: "1.5G")
            + ", {name: data2, size: 1.5G, flags: [primary]}"
        let commands = try await commands(Self.document(partitions: partitions, lvm: lvm))
        #expect(
            commands.create.suffix(4) == [
                "vgcreate vg_root /dev/loop8 --force", "vgcreate vg_data /dev/loop9 /dev/loop10 --force",
                "lvcreate --name lv_root -L 1799356416B vg_root", "lvcreate --name lv_data -L 1996488704B vg_data",
            ])
        #expect(
            commands.release == [
                "lvchange -an /dev/vg_root/lv_root", "lvchange -an /dev/vg_data/lv_data", "vgchange -an vg_root",
                "vgchange -an vg_data", "udevadm settle",
            ])
    }

    @Test func extentsArePassedOn() async throws {
        let shares: KeyValuePairs = [
            "lv_root": "28%VG", "lv_tmp": "4%VG", "lv_var": "40%VG", "lv_log": "23%VG", "lv_audit": "4%VG",
            "lv_home": "1%VG",
        ]
        let lvs = shares.map { "{name: \($0), base: vg, extents: \($1)}" }.joined(separator: ", ")
        let lvm = """
            base: [root]
            pvs: [{name: pv, base: root, options: [--force]}]
            vgs: [{name: vg, base: [pv], options: [--force]}]
            lvs: [\(lvs)]
            """
        // Upstream's document has the types EF00 and EF02 here, which no MBR can hold; it never writes the table.
        let partitions =
            "{name: root, flags: [boot], size: 3G}, {name: ESP, type: 'EF', size: 8MiB, mkfs: {type: vfat, "
            + "mount: {mount_point: /boot/efi}}}, {name: BSP, type: 'DA', size: 8MiB}"
        let commands = try await commands(Self.document(partitions: partitions, lvm: lvm))
        #expect(
            commands.create == ["pvcreate /dev/loop8 --force", "vgcreate vg /dev/loop8 --force"]
                + shares.map { "lvcreate --name \($0) -l \($1) vg" })
    }

    @Test func thinVolumesAreMadeInTheirPool() async throws {
        let thin: KeyValuePairs = ["lv_root": "1800MiB", "lv_tmp": "100MiB", "lv_var": "500MiB", "lv_home": "200MiB"]
        let bytes = [1_887_436_800, 104_857_600, 524_288_000, 209_715_200]
        let lvs = thin.map { "{name: \($0), base: vg, type: thin, thin-pool: lv_thinpool, size: \($1)}" }
        let lvm = """
            pvs: [{name: pv, base: root, options: [--force]}]
            vgs: [{name: vg, base: [pv], options: [--force]}]
            lvs: [{name: lv_thinpool, base: vg, type: thin-pool, size: 2800MiB}, \(lvs.joined(separator: ", "))]
            """
        let partition = "{name: root, size: 3G, flags: [boot, primary]}"
        let commands = try await commands(Self.document(partitions: partition, lvm: lvm))
        let made = zip(thin, bytes).map { volume, size in
            "lvcreate --name \(volume.key) --type thin --thin-pool lv_thinpool -V \(size)B vg"
        }
        #expect(
            Array(commands.create.dropFirst(2)) == ["lvcreate --name lv_thinpool --type thin-pool -L 2936012800B vg"]
                + made)
    }

    /// LVM keeps its books without the kernel, too: what it makes of the commands is what was planned.
    @Test(.requires(.root, .loopDevices, .tool("pvcreate"), .tool("lvs")))
    func lvmMakesTheSizesThatWerePlanned() async throws {
        try await withScratchDirectory { directory in
            let lvm = """
                pvs: [{name: x, base: p}, {name: y, base: q, options: [--force]}]
                vgs: [{name: ingot-test-a, base: [x]}, {name: ingot_test_b, base: [y], options: [--force]}]
                lvs: [{name: one, base: ingot-test-a, extents: 23%VG}, {name: two, base: ingot-test-a, size: 300MiB}, \
                {name: three, base: ingot-test-a, extents: 33%FREE}, {name: four, base: ingot_test_b, extents: 17}, \
                {name: rest, base: ingot_test_b, extents: 100%FREE}]
                """
            let document = Self.document(
                partitions: "{name: p, size: 1GiB, flags: [primary]}, {name: q, size: 777MiB}", lvm: lvm, rest: "")
            let graph = try BlockDeviceGraph(
                BlockDeviceConfiguration(yaml: document.replacing("10GiB", with: "2GiB")),
                parameters: BlockDeviceParameters(imageDirectory: directory.string))
            var random = SeededGenerator(seed: 1)
            let layout = try BlockDeviceLayout(graph, using: &random)
            let runner = SubprocessRunner()
            let environment = Environment(ProcessInfo.processInfo.environment)
            let host = LoopDiskHost(
                runner: MetadataRunner(runner: runner), environment: environment,
                filling: FATFilling())
            let activation = BlockDeviceActivation(host: host)
            var disk = try await activation.create(layout)
            let devices = disk.devices.filter { ["p", "q"].contains($0.name) }.map(\.path)
            #expect(devices.count == 2)
            let filter = devices.map { "\"a|^\($0)$|\"" }.joined(separator: ",")
            let report = try runTool(
                "sh",
                [
                    "-c",
                    "lvs --noheadings --units b --nosuffix -o lv_name,lv_size --config "
                        + "'global{activation=0} devices{use_devicesfile=0 filter=[\(filter),\"r|.*|\"]}' 2>/dev/null",
                ])
            let made = report.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(Set(made) == Set(layout.volumes.map { "\($0.name) \($0.size?.bytes ?? 0)" }))
            #expect(made.count == 5)
            try await activation.release(&disk)
        }
    }

    @Test(.requires(.root, .loopDevices, .deviceMapper, .tool("lvcreate"), .tool("mkfs.ext4")))
    func volumesCarryFilesystems() async throws {
        try await withScratchDirectory { directory in
            let lvm = """
                pvs: [{name: pv, base: p}]
                vgs: [{name: ingot-test, base: [pv]}]
                lvs: [{name: lv-root, base: ingot-test, extents: 100%FREE}]
                """
            let document = Self.document(
                partitions: "{name: p, size: 100%, flags: [primary]}", lvm: lvm,
                rest: "- mkfs: {base: lv-root, type: ext4, label: root, mount: {mount_point: /}}"
            ).replacing("10GiB", with: "256MiB")
            let graph = try BlockDeviceGraph(
                BlockDeviceConfiguration(yaml: document),
                parameters: BlockDeviceParameters(
                    imageDirectory: directory.string, mountBase: directory.appending("mnt").string))
            var random = SeededGenerator(seed: 1)
            let runner = SubprocessRunner()
            let host = LoopDiskHost(
                runner: runner, environment: Environment(ProcessInfo.processInfo.environment),
                filling: FATFilling())
            let activation = BlockDeviceActivation(host: host)
            var disk = try await activation.create(BlockDeviceLayout(graph, using: &random))
            try "there".write(toFile: directory.appending("mnt/file").string, atomically: false, encoding: .utf8)
            #expect(disk.device("lv-root")?.path == "/dev/mapper/ingot--test-lv--root")
            try await activation.release(&disk)
            #expect(try MountTable.load().mounts(below: directory).isEmpty)
        }
    }
}

/// Runs LVM without its kernel part: it writes its metadata, and activates nothing.
private struct MetadataRunner: CommandRunner {
    let runner: SubprocessRunner

    func run(_ command: Command, onLine: @escaping @Sendable (String) -> Void) async throws -> CommandOutcome {
        var command = command
        if let last = command.arguments.indices.last, command.arguments.contains("--config") {
            command.arguments[last] += " global { activation = 0 }"
        }
        return try await runner.run(command, onLine: onLine)
    }

    func capture(
        _ command: Command, limit: Int, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> CapturedOutput { try await runner.capture(command, limit: limit, onErrorLine: onErrorLine) }

    func runOnTerminal(_ command: Command) async throws -> CommandOutcome { try await runner.runOnTerminal(command) }
}
