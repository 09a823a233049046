package import BlockDevices

/// What hooks are told about the disk before it exists (compat-blockdevice section 14).
package struct BlockDeviceVariables: Hashable, Sendable {
    package let rootLabel: String
    package let rootFilesystemType: String
    package let bootLabel: String
    package let mountPoints: String

    package init(_ graph: BlockDeviceGraph) throws(PlanError) {
        guard let root = graph.mounts.first(where: { $0.absolutePath == "/" }),
            let filesystem = graph.filesystem(of: root)
        else {
            throw PlanError(
                "the block-device configuration mounts nothing at '/'",
                hint: "give one 'mount' the mount_point '/'")
        }
        rootLabel = filesystem.label
        rootFilesystemType = filesystem.type.description
        let boot = graph.mounts.first { $0.absolutePath == "/boot" }
        bootLabel = boot.flatMap { graph.filesystem(of: $0)?.label } ?? ""
        // In document order, not mount order: hooks see what upstream's document walk gives.
        mountPoints = graph.nodes.compactMap { node in
            if case .mountPoint(let mount) = node { mount.mountPoint } else { nil }
        }.joined(separator: "|")
    }

    /// The variables by name.
    package var pairs: [(name: String, value: String)] {
        [
            ("DIB_ROOT_LABEL", rootLabel), ("DIB_ROOT_FSTYPE", rootFilesystemType), ("DIB_BOOT_LABEL", bootLabel),
            ("DIB_MOUNTPOINTS", mountPoints),
        ]
    }
}
