import BlockDevices
import LinuxOS
import SystemPackage

/// The disk of a build while it exists as devices and mounts: a layout, and what the kernel gave for it.
///
/// Each image and each partition is a loop device of its own window of the file: no partition scan, no device-mapper,
/// no udev (decision 0003).
struct ActiveDisk: Sendable {
    let layout: BlockDeviceLayout
    let imagePath: FilePath
    /// By node name, in order of creation.
    var devices: [(name: String, loop: LoopDevice)] = []
    /// In mount order.
    var mounts: [(plan: MountPlan, mount: Mount)] = []

    /// `IMAGE_BLOCK_DEVICE` of the hooks: the whole disk.
    var mainDevice: FilePath? { devices.first { $0.name == layout.mainImage?.name }?.loop.path }

    /// `IMAGE_BLOCK_DEVICES`, in the form hooks `eval`.
    var deviceList: String {
        BlockDeviceSymbol.imageBlockDevices(devices.map { ($0.name, $0.loop.path.string) })
    }

    /// The mount points of the image's own file systems on the host.
    var mountTargets: Set<FilePath> { Set(mounts.map(\.mount.target)) }

    func device(_ name: String) -> LoopDevice? { devices.first { $0.name == name }?.loop }

    /// Unmounts and detaches in reverse order; safe to repeat.
    func release() throws {
        for (_, mount) in mounts.reversed()
        where try MountTable.load().mounts.contains(where: { $0.target == mount.target }) {
            try mount.detach()
        }
        for (_, loop) in devices.reversed() { try loop.detach() }
    }
}
