import Basics

/// Whether every node stands on a node of the right kind, alone. Upstream finds these out in the middle of creation.
extension BlockDeviceGraphBuilder {
    func checkReferences() throws(BlockDeviceError) {
        for partitioning in partitionings { try check(partitioning) }
        for node in nodes { try check(node) }
        try checkDevicesHaveOneUse()
        try checkMountPointsAreDistinct()
        try checkIdentifiersAreDistinct()
        try checkReadOnlyHaveTrees()
    }

    private func check(_ partitioning: Partitioning) throws(BlockDeviceError) {
        guard case .localLoop(let loop) = node(partitioning.base) else {
            // A table without partitions has no node that could have missed its base.
            throw wrongBase(
                of: partitioning.name, kind: "partition table", base: partitioning.base, needed: "a local_loop",
                at: partitioning.partitions.first?.name)
        }
        if partitioning.label == .mbr, loop.sectorSize != 512 {
            throw error(
                "an MBR needs sectors of 512 bytes, '\(loop.name)' has \(loop.sectorSize): use label gpt",
                at: loop.name, key: "block_size")
        }
    }

    private func check(_ node: BlockDeviceNode) throws(BlockDeviceError) {
        switch node {
        case .physicalVolume(let volume):
            switch self.node(volume.base) {
            case .localLoop, .partition: break
            default:
                throw wrongBase(
                    of: volume.name, kind: node.kind, base: volume.base, needed: "a partition or local_loop")
            }
        case .filesystem(let filesystem):
            guard self.node(filesystem.base)?.isBlockDevice == true else {
                throw wrongBase(of: filesystem.name, kind: node.kind, base: filesystem.base, needed: "a block device")
            }
        case .mountPoint(let mount):
            guard case .filesystem = self.node(mount.base) else {
                throw wrongBase(of: mount.name, kind: node.kind, base: mount.base, needed: "a mkfs")
            }
        case .fstab(let entry):
            guard case .mountPoint = self.node(entry.base) else {
                throw wrongBase(of: entry.name, kind: node.kind, base: entry.base, needed: "a mount")
            }
        case .localLoop, .partition, .volumeGroup, .logicalVolume, .logicalVolumes: break
        }
    }

    private func wrongBase(
        of name: String, kind: String, base: String, needed: String, at node: String? = nil
    ) -> BlockDeviceError {
        let found = self.node(base).map { "a \($0.kind)" } ?? "not defined"
        return error("\(kind) '\(name)' needs \(needed) as base, but '\(base)' is \(found)", at: node ?? name)
    }

    /// Two users of one device would overwrite each other.
    private func checkDevicesHaveOneUse() throws(BlockDeviceError) {
        var users: [String: String] = [:]
        func use(_ device: String, by user: String) throws(BlockDeviceError) {
            if let other = users[device] {
                throw error("'\(device)' is used by both '\(other)' and '\(user)'", at: user)
            }
            users[device] = user
        }
        for partitioning in partitionings { try use(partitioning.base, by: partitioning.name) }
        for node in nodes {
            switch node {
            case .physicalVolume(let volume): try use(volume.base, by: volume.name)
            case .volumeGroup(let group): for volume in group.base { try use(volume, by: group.name) }
            case .filesystem(let filesystem): try use(filesystem.base, by: filesystem.name)
            case .fstab(let entry): try use(entry.base, by: entry.name)
            default: break
            }
        }
    }

    /// A kernel that is told `root=UUID=…` takes whichever it finds first; btrfs even refuses to mount two alike.
    private func checkIdentifiersAreDistinct() throws(BlockDeviceError) {
        var used: Set<String> = []
        for case .filesystem(let filesystem) in nodes {
            guard let uuid = filesystem.uuid, !used.insert(uuid).inserted else { continue }
            throw error("uuid '\(uuid)' used more than once", at: filesystem.name, key: "uuid")
        }
    }

    /// What is written once must be written from something, and be found by whoever mounts it.
    private func checkReadOnlyHaveTrees() throws(BlockDeviceError) {
        for case .filesystem(let filesystem) in nodes where filesystem.type.isReadOnly {
            let mount = nodes.lazy.compactMap { node -> MountPoint? in
                if case .mountPoint(let mount) = node, mount.base == filesystem.name { mount } else { nil }
            }.first
            guard let mount else {
                throw error(
                    "'\(filesystem.name)' is \(filesystem.type), which is written from a part of the tree: "
                        + "give it a mount", at: filesystem.name)
            }
            if filesystem.type.hasIdentifiers { continue }
            if case .partition = node(filesystem.base) { continue }
            for case .fstab(let entry) in nodes where entry.base == mount.name {
                throw error(
                    "fstab cannot name '\(filesystem.name)': \(filesystem.type) has no label and no UUID, and "
                        + "'\(filesystem.base)' is no partition", at: entry.name)
            }
        }
    }

    private func checkMountPointsAreDistinct() throws(BlockDeviceError) {
        var used: Set<String> = []
        for case .mountPoint(let mount) in nodes where !isSwap(mount) {
            guard mount.mountPoint != "none" else {
                throw error(
                    "mount point 'none' is for swap, not for '\(mount.base)'", at: mount.name, key: "mount_point")
            }
            guard used.insert(mount.absolutePath).inserted else {
                throw error(
                    "Mount point [\(mount.mountPoint)] specified more than once", at: mount.name, key: "mount_point")
            }
        }
    }
}
