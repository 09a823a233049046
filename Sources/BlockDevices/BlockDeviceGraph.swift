import Basics

/// A document's nodes, checked against each other, and the order in which they are created.
///
/// Everything that can be said without knowing the size of the image is said here: names, bases, labels, mount points,
/// partition slots. Sizes are the business of `BlockDeviceLayout`.
package struct BlockDeviceGraph: Hashable, Sendable, Codable {
    /// In the order of the flattened document.
    package let nodes: [BlockDeviceNode]
    /// Names in order of creation; releases go backwards.
    ///
    /// Ties are resolved by document order.
    package let creationOrder: [String]
    package let partitionings: [Partitioning]
    /// Names of the mounts in the order of mounting: a parent directory before what is in it, swap last.
    package let mountOrder: [String]
    package let parameters: BlockDeviceParameters
    /// Where nodes stand in the document, for complaints about their sizes.
    let locations: [String: ConfigurationLocation]

    /// `configuration` gets the root filesystem parameters merged in first.
    package init(
        _ configuration: BlockDeviceConfiguration, parameters: BlockDeviceParameters
    ) throws(BlockDeviceError) {
        self.parameters = parameters
        var builder = BlockDeviceGraphBuilder(parameters: parameters)
        for entry in configuration.merging(parameters).entries { try builder.add(entry) }
        nodes = builder.nodes
        locations = builder.locations
        partitionings = builder.partitionings
        mountOrder = builder.mountOrder()
        creationOrder = try builder.creationOrder(mountOrder: mountOrder)
        try builder.checkReferences()
    }

    package func node(_ name: String) -> BlockDeviceNode? { nodes.first { $0.name == name } }

    /// The nodes in order of creation.
    package var orderedNodes: [BlockDeviceNode] { creationOrder.compactMap(node) }

    package var localLoops: [LocalLoop] {
        orderedNodes.compactMap { if case .localLoop(let loop) = $0 { loop } else { nil } }
    }

    package var filesystems: [Filesystem] {
        orderedNodes.compactMap { if case .filesystem(let filesystem) = $0 { filesystem } else { nil } }
    }

    package var logicalVolumes: [LogicalVolumes] {
        orderedNodes.compactMap { if case .logicalVolumes(let volumes) = $0 { volumes } else { nil } }
    }

    /// In mount order.
    package var mounts: [MountPoint] {
        mountOrder.compactMap { if case .mountPoint(let mount) = node($0) { mount } else { nil } }
    }

    package func filesystem(of mount: MountPoint) -> Filesystem? {
        if case .filesystem(let filesystem) = node(mount.base) { filesystem } else { nil }
    }

    /// What nobody can write to is mounted so, whatever the document says.
    package func fstabEntry(of mount: MountPoint) -> FstabEntry? {
        for case .fstab(let entry) in nodes where entry.base == mount.name {
            return filesystem(of: mount)?.type.isReadOnly == true ? FstabEntry(readOnly: entry) : entry
        }
        return nil
    }

    /// Why a filesystem can be made in a regular file only, in words; nothing for those that the kernel can fill.
    package func reasonForFiles(_ filesystem: Filesystem) -> String? {
        guard filesystem.type.isReadOnly else { return nil }
        return "'\(filesystem.name)' is \(filesystem.type), which is written from the finished tree, without devices"
    }

    /// How the files of a filesystem get onto it on this build's host.
    package func filling(of filesystem: Filesystem) -> FilesystemFilling {
        if parameters.backend == .file { return .writtenFromTree }
        return parameters.offlineTypes.contains(filesystem.type.name) ? .filledInFile : .mounted
    }

    /// LVM cannot do without the kernel's device-mapper; everything else can.
    package var requiresDeviceMapper: Bool { !logicalVolumes.isEmpty }

    /// Programs that making the filesystems and volumes needs, sorted.
    package var requiredTools: [String] {
        var tools = Set(filesystems.map(\.type.tool))
        if filesystems.contains(where: { $0.type.family != .swap && !$0.type.isReadOnly }) { tools.insert("mkfs") }
        if requiresDeviceMapper {
            tools.formUnion(["pvcreate", "vgcreate", "lvcreate", "lvchange", "vgchange", "lvremove", "vgremove"])
        }
        return tools.sorted()
    }
}
