/// A node of the block-device graph: one thing that is created, in its turn.
package enum BlockDeviceNode: Hashable, Sendable, Codable {
    case localLoop(LocalLoop)
    case partition(Partition)
    case physicalVolume(PhysicalVolume)
    case volumeGroup(VolumeGroup)
    case logicalVolume(LogicalVolume)
    case logicalVolumes(LogicalVolumes)
    case filesystem(Filesystem)
    case mountPoint(MountPoint)
    case fstab(FstabEntry)

    package var name: String {
        switch self {
        case .localLoop(let node): node.name
        case .partition(let node): node.name
        case .physicalVolume(let node): node.name
        case .volumeGroup(let node): node.name
        case .logicalVolume(let node): node.name
        case .logicalVolumes(let node): node.name
        case .filesystem(let node): node.name
        case .mountPoint(let node): node.name
        case .fstab(let node): node.name
        }
    }

    /// What it is, for messages.
    package var kind: String {
        switch self {
        case .localLoop: "local_loop"
        case .partition: "partition"
        case .physicalVolume: "LVM physical volume"
        case .volumeGroup: "LVM volume group"
        case .logicalVolume: "LVM logical volume"
        case .logicalVolumes: "lvm"
        case .filesystem: "mkfs"
        case .mountPoint: "mount"
        case .fstab: "fstab"
        }
    }

    /// Whether a filesystem can be made on it.
    var isBlockDevice: Bool {
        switch self {
        case .localLoop, .partition: true
        case .logicalVolume(let volume): volume.provisioning != .thinPool
        default: false
        }
    }
}
