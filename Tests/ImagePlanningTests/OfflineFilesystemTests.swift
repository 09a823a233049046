import BlockDevices
import ImagePlanning
import Testing

/// A filesystem that the kernel cannot mount needs other things of the host, and says so when the build is planned.
@Suite struct OfflineFilesystemTests {
    private static let layout = """
        - local_loop: {name: image0}
        - partitioning:
            base: image0
            label: gpt
            partitions:
              - {name: ESP, type: EF00, size: 64MiB, mkfs: {type: vfat, mount: {mount_point: /boot/efi}}}
              - {name: root, size: 100%, mkfs: {type: ext4, mount: {mount_point: /}}}
        """

    private func needs(offline: Set<String>) throws -> (HostNeeds, [FilesystemFilling]) {
        let plan = try plan(request(["DIB_BLOCK_DEVICE_CONFIG": Self.layout]), offlineTypes: offline)
        return (HostNeeds(plan), plan.graph.filesystems.map(plan.graph.filling(of:)))
    }

    @Test func aDriverIsNeededToMount() throws {
        let (needs, filling) = try needs(offline: [])
        #expect(filling == [.mounted, .mounted])
        #expect(needs.filesystems == ["ext4", "vfat"])
    }

    @Test func theImageFileIsFilledWithoutIt() throws {
        let (needs, filling) = try needs(offline: ["vfat", "msdos", "fat"])
        #expect(filling == [.filledInFile, .mounted])
        #expect(needs.filesystems == ["ext4"])
    }
}
