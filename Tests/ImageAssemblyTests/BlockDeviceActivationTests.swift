import Basics
import BlockDevices
import ImageAssembly
import Testing

/// What is done in which order, and that a failure anywhere takes back exactly what was done.
@Suite struct BlockDeviceActivationTests {
    /// Two images, both kinds of table, LVM, an ESP that the kernel cannot mount, swap.
    private static let document = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: ESP, type: EF00, size: 64MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi, fstab: {}}}}
              - {name: pool, size: 1GiB}
              - {name: swap, size: 64MiB, mkfs: {type: swap, mount: {mount_point: none, fstab: {}}}}
              - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /, fstab: {fsck-passno: 1}}}}
        - lvm:
            name: lvm
            pvs: [{name: pv, base: pool}]
            vgs: [{name: vg-a, base: [pv]}]
            lvs: [{name: home, base: vg-a, size: 512MiB}, {name: srv, base: vg-a, extents: 100%FREE}]
        - mkfs: {base: home, type: xfs, mount: {mount_point: /home, fstab: {}}}
        - mkfs: {base: srv, type: ext4, mount: {mount_point: /srv, fstab: {}}}
        - local_loop: {name: image1, size: 256MiB, partitioning: {label: mbr, partitions: [{name: var, size: 100%}]}}
        - mkfs: {base: var, type: ext4, mount: {mount_point: /var, fstab: {}}}
        """

    private static func layout() throws -> BlockDeviceLayout {
        let parameters = BlockDeviceParameters(
            imageSize: .gibibytes(2), imageDirectory: "/img", mountBase: "/mnt", offlineTypes: ["vfat"])
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: document), parameters: parameters)
        var random = SeededGenerator(seed: 1)
        return try BlockDeviceLayout(graph, using: &random)
    }

    private static let created = [
        "make /img/image0.raw", "table gpt /img/image0.raw", "make /img/image1.raw", "table mbr /img/image1.raw",
        "attach /dev/loop7", "attach /dev/loop8", "attach /dev/loop9", "attach /dev/loop10", "attach /dev/loop11",
        "attach /dev/loop12", "attach /dev/loop13", "run pvcreate /dev/loop9", "run vgcreate vg-a /dev/loop9",
        "run lvcreate --name home -L 536870912B vg-a", "run lvcreate --name srv -l 100%FREE vg-a",
        "run mkfs /dev/loop8", "verify /dev/loop8", "run mkswap /dev/loop10", "verify /dev/loop10",
        "run mkfs /dev/loop11", "verify /dev/loop11", "run mkfs /dev/mapper/vg--a-home",
        "verify /dev/mapper/vg--a-home",
        "run mkfs /dev/mapper/vg--a-srv", "verify /dev/mapper/vg--a-srv", "run mkfs /dev/loop13", "verify /dev/loop13",
        "mount ext4 /mnt", "mount tmpfs /mnt/boot/efi", "mount xfs /mnt/home", "mount ext4 /mnt/srv",
        "mount ext4 /mnt/var",
    ]

    /// A mkfs line without its options, which other tests look at.
    private static func short(_ act: String) -> String {
        guard act.hasPrefix("run mk") else { return act }
        let words = act.split(separator: " ")
        return "run \(words[1]) \(words.last ?? "")"
    }

    /// What takes an act back, in the order of doing it.
    private static func undoing(_ act: String) -> [String] {
        let words = act.split(separator: " ").map(String.init)
        switch (words[0], words[1]) {
        case ("make", let path): return ["remove \(path)"]
        case ("attach", let path): return ["detach \(path)"]
        case ("mount", _): return ["unmount \(words[2])"]
        case ("run", "vgcreate"): return ["run vgremove --yes --force vg-a"]
        case ("run", "lvcreate"):
            return ["run lvchange --activate n vg-a/\(words[3])", "run lvremove --yes /dev/vg-a/\(words[3])"]
        default: return []
        }
    }

    @Test func everythingIsMadeInOrder() async throws {
        let host = RecordingDiskHost()
        let disk = try await BlockDeviceActivation(host: host).create(Self.layout())
        #expect(host.acts.map(Self.short) == Self.created)
        #expect(
            disk.deviceList
                == " [image0]=/dev/loop7  [ESP]=/dev/loop8  [pool]=/dev/loop9  [swap]=/dev/loop10  [root]=/dev/loop11 "
                + " [image1]=/dev/loop12  [var]=/dev/loop13  [home]=/dev/mapper/vg--a-home "
                + " [srv]=/dev/mapper/vg--a-srv ")
        #expect(disk.mainDevice == "/dev/loop7")
    }

    @Test("a failure at any act takes back what was done before, last first", arguments: created.indices)
    func aFailureIsRolledBack(failing: Int) async throws {
        let host = RecordingDiskHost(failing: failing)
        await #expect(throws: RecordingDiskHost.Failure.self) {
            _ = try await BlockDeviceActivation(host: host).create(Self.layout())
        }
        let acts = host.acts.map(Self.short)
        #expect(Array(acts.prefix(failing + 1)) == Array(Self.created.prefix(failing + 1)))
        #expect(
            Array(acts.dropFirst(failing + 1)) == Self.created.prefix(failing).reversed().flatMap(Self.undoing))
    }

    @Test func aCancelledCreationIsRolledBack() async throws {
        let host = RecordingDiskHost()
        let layout = try Self.layout()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try await BlockDeviceActivation(host: host).create(layout)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(host.acts.isEmpty)
    }

    private static let released = [
        "sync /mnt/var", "run fstrim --verbose /mnt/var", "unmount /mnt/var", "sync /mnt/srv",
        "run fstrim --verbose /mnt/srv", "unmount /mnt/srv",
        "sync /mnt/home", "run fstrim --verbose /mnt/home", "unmount /mnt/home", "fill ESP from /mnt/boot/efi",
        "unmount /mnt/boot/efi",
        "sync /mnt", "run fstrim --verbose /mnt", "unmount /mnt", "run lvchange -an /dev/vg-a/home",
        "run lvchange -an /dev/vg-a/srv", "run vgchange -an vg-a", "detach /dev/loop13", "detach /dev/loop12",
        "detach /dev/loop11", "detach /dev/loop10", "detach /dev/loop9", "detach /dev/loop8", "detach /dev/loop7",
    ]

    @Test func releaseGoesBackwardsOnce() async throws {
        let host = RecordingDiskHost()
        let activation = BlockDeviceActivation(host: host)
        var disk = try await activation.create(Self.layout())
        let start = host.acts.count
        try await activation.release(&disk)
        #expect(Array(host.acts.dropFirst(start)) == Self.released)
        try await activation.release(&disk)
        try await activation.abandon(disk)
        #expect(host.acts.count == start + Self.released.count)
    }

    @Test("a release that failed is finished by the next one", arguments: released.indices)
    func aReleaseCanBeRepeated(failing: Int) async throws {
        let host = RecordingDiskHost(failing: Self.created.count + failing)
        let activation = BlockDeviceActivation(host: host)
        var disk = try await activation.create(Self.layout())
        await #expect(throws: RecordingDiskHost.Failure.self) { try await activation.release(&disk) }
        #expect(!disk.isReleased)
        try await activation.release(&disk)
        #expect(disk.isReleased)
        #expect(Self.released.allSatisfy(host.acts.contains))
        #expect(!host.acts.isEmpty && host.acts.last == "detach /dev/loop7")
    }

    @Test("deleting tries every release, whichever fails", arguments: [nil, 0, 3, 9])
    func deletingLeavesNothing(failing: Int?) async throws {
        let host = RecordingDiskHost(failing: failing.map { Self.created.count + $0 })
        let activation = BlockDeviceActivation(host: host)
        let disk = try await activation.create(Self.layout())
        let expected = Self.released.filter { !$0.hasPrefix("fill") && !$0.contains("fstrim") && !$0.hasPrefix("sync") }
        if failing == nil {
            try await activation.delete(disk)
            #expect(
                Array(host.acts.dropFirst(Self.created.count))
                    == expected + ["remove /img/image0.raw", "remove /img/image1.raw"])
        } else {
            await #expect(throws: TeardownFailure.self) { try await activation.delete(disk) }
            // The files of devices that may still be in use stay.
            #expect(Array(host.acts.dropFirst(Self.created.count)) == expected)
        }
    }
}
