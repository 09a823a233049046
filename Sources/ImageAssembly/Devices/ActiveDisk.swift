package import BlockDevices
package import SystemPackage

/// The disks of a layout while they exist as devices and mounts: a layout, and what the kernel gave for it.
///
/// A value that survives the process that made it: `dib-block-device` writes it to a file for its next call.
package struct ActiveDisk: Hashable, Sendable, Codable {
    /// A block device of a node.
    package struct Device: Hashable, Sendable, Codable {
        package let name: String
        package let path: String
        /// The part of an image file that it shows; nothing for a logical volume.
        package let window: DeviceWindow?
    }

    package let layout: BlockDeviceLayout
    /// In order of creation.
    package internal(set) var devices: [Device] = []
    /// Mounted on the host, in that order.
    package internal(set) var mounts: [MountPlan] = []
    /// Everything has been unmounted and detached: only the image files are left.
    package internal(set) var isReleased = false

    package init(layout: BlockDeviceLayout) { self.layout = layout }

    /// The image that is published.
    package var imagePath: FilePath? { layout.mainImage.map { FilePath($0.path) } }

    /// `IMAGE_BLOCK_DEVICE` of the hooks: the whole disk.
    package var mainDevice: String? { layout.mainImage.flatMap { device($0.name)?.path } }

    /// `IMAGE_BLOCK_DEVICES`, in the form hooks `eval`.
    package var deviceList: String {
        // Where there are no devices, a partition has no path of its own.
        BlockDeviceSymbol.imageBlockDevices(
            devices.filter { $0.window?.partitionNumber == nil || $0.path != image(of: $0)?.path }
                .map { ($0.name, $0.path) })
    }

    /// The mount points of the image's own filesystems on the host.
    package var mountTargets: Set<FilePath> { Set(mounts.compactMap(\.target)) }

    package func device(_ name: String) -> Device? { devices.first { $0.name == name } }

    /// The devices of an LVM entry's physical volumes.
    func devices(of volumes: LogicalVolumes) -> [String] {
        volumes.physicalVolumes.compactMap { device($0.base)?.path }
    }

    func image(of device: Device) -> ImageFile? { layout.images.first { $0.name == device.window?.image } }
}

extension MountPlan {
    /// Where it is mounted on the host.
    var target: FilePath? { path.map { FilePath($0) } }
}
