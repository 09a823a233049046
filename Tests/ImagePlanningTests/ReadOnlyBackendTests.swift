import Basics
import BlockDevices
import ImagePlanning
import Testing

/// File systems that are written from the finished tree choose the backend.
@Suite struct ReadOnlyBackendTests {
    private static func layout(_ type: String = "ext4") -> String {
        """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: opt, size: 64MiB, mkfs: {type: erofs, mount: {mount_point: /opt}}}
              - {name: data, size: 600MiB, mkfs: {type: \(type), mount: {mount_point: /data}}}
              - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /}}}
        """
    }

    private func choice(
        _ wish: BackendChoice.Wish?, _ mode: BuildRequest.Mode = .native, _ type: String = "ext4"
    ) -> (backend: DiskBackend?, text: String) {
        var request = BuildRequest(
            mode: mode, environment: .init(["DIB_BLOCK_DEVICE_CONFIG": Self.layout(type)]), machine: "x86_64")
        request.elements = ["debian-minimal"]
        request.backend = wish
        guard let plan = try? plan(request) else { return (nil, refusal(request)) }
        return (plan.backend.backend, plan.backend.reason)
    }

    private static let reason = "'mkfs_opt' is erofs, which is written from the finished tree, without devices"

    @Test func noDevicesAreUsedForThem() throws {
        #expect(choice(nil) == (.file, Self.reason))
        #expect(choice(.auto, .disk) == (.file, Self.reason))
        #expect(choice(.file, .disk) == (.file, "asked for"))
    }

    @Test func devicesAreRefused() {
        let refused = Self.reason + "\nbuild with --backend file (INGOT_BACKEND)"
        #expect(choice(.loop) == (nil, refused))
        #expect(choice(nil, .disk) == (nil, refused))
    }

    @Test func theyDoNotGoWithWhatNeedsDevices() {
        #expect(
            choice(.auto, .native, "xfs") == (
                nil,
                Self.reason
                    + "\nbut 'mkfs_data' is xfs, which only the kernel writes: choose another type for one of them, or another element"
            ))
    }

    @Test func btrfsNeedsNoDevicesUnlessOfAKindThatOnlyTheKernelWrites() {
        #expect(choice(.auto, .native, "btrfs") == (.file, Self.reason))
        #expect(
            choice(.auto, .native, "btrfs, opts: -M -O quota") == (
                nil,
                Self.reason
                    + "\nbut 'mkfs_data' is a btrfs that only the kernel writes, because of -M, -O quota: "
                    + "choose another type for one of them, or another element"
            ))
    }

    @Test func theirProgramsAreNeeded() throws {
        var request = BuildRequest(
            mode: .native, environment: .init(["DIB_BLOCK_DEVICE_CONFIG": Self.layout("squashfs")]),
            machine: "x86_64")
        request.elements = ["debian-minimal"]
        let needs = HostNeeds(try plan(request))
        let tools = Set(needs.tools.flatMap(\.alternatives))
        #expect(tools.isSuperset(of: ["mksquashfs", "mkfs.erofs"]) && !needs.needsLoopDevices)
    }
}
