import Basics
import BlockDevices

extension ActiveDisk {
    /// Everything that exists, under upstream's keys (compat-blockdevice section 15); what there is none of is left out.
    var stateDump: JSONLine {
        let parts: [(String, JSONLine)] = [
            ("sorted_mount_points", .array(layout.mounts.map { .array([.string($0.mountPoint), .string($0.name)]) })),
            ("fs_labels", .array(layout.filesystems.map { .string($0.label) })),
            ("blockdev", .object(devices.map { ($0.name, dump($0)) })),
            ("pvs", .object(isEmpty ? [] : volumes(\.physicalVolumes).map { ($0.name, dump($0)) })),
            ("vgs", .object(isEmpty ? [] : volumes(\.volumeGroups).map { ($0.name, dump($0)) })),
            ("filesys", .object(isEmpty ? [] : layout.filesystems.map { ($0.name, dump($0)) })),
            ("mount", .object(isEmpty ? [] : mountDump)),
            ("mount_order", .array(isEmpty ? [] : layout.mounts.map { .string($0.mountPoint) })),
            (
                "fstab",
                .object(isEmpty ? [] : layout.mounts.compactMap { plan in plan.fstab.map { (plan.name, dump($0)) } })
            ),
        ]
        return .object(parts.filter { $0.1 != .object([]) && $0.1 != .array([]) })
    }

    /// After a creation that failed: the layout is known, and nothing of it exists.
    private var isEmpty: Bool { devices.isEmpty }

    private func volumes<Volume>(_ path: KeyPath<LogicalVolumes, [Volume]>) -> [Volume] {
        layout.logicalVolumes.flatMap { $0[keyPath: path] }
    }

    private func dump(_ device: Device) -> JSONLine {
        if let volume = volumes(\.logicalVolumes).first(where: { $0.name == device.name }) {
            let extents: String? = if case .extents(let text) = volume.extent { text } else { nil }
            return .object([
                ("vgs", .string(volume.base)), ("size", Self.text(volume.statedSize)), ("extents", Self.text(extents)),
                ("opts", Self.list(volume.options)), ("device", .string(device.path)),
            ])
        }
        let image = device.window?.partitionNumber == nil ? image(of: device) : nil
        return .object(
            [("device", .string(device.path))] + (image.map { [("image", .string($0.path))] } ?? []))
    }

    private func dump(_ volume: PhysicalVolume) -> JSONLine {
        .object([
            ("opts", Self.list(volume.options)),
            ("device", Self.text(self.device(volume.base)?.path)),
        ])
    }

    private func dump(_ group: VolumeGroup) -> JSONLine {
        .object([("opts", Self.list(group.options)), ("devices", Self.list(group.base))])
    }

    private func dump(_ filesystem: FilesystemPlan) -> JSONLine {
        .object([
            ("uuid", .string(filesystem.uuid)), ("label", .string(filesystem.label)),
            ("fstype", .string(filesystem.type.name)),
            ("opts", filesystem.options.isEmpty ? .null : Self.list(filesystem.options)),
            ("device", Self.text(device(filesystem.device)?.path)),
        ])
    }

    /// By mount point; of several swap areas, which all are at `none`, the later ones by their node's name.
    private var mountDump: [(String, JSONLine)] {
        var used: Set<String> = []
        return layout.mounts.map { plan in
            let key = used.insert(plan.mountPoint).inserted ? plan.mountPoint : plan.name
            return (
                key,
                .object([
                    ("name", .string(plan.name)), ("base", .string(plan.filesystem)),
                    ("path", .string(plan.path ?? "none")),
                ])
            )
        }
    }

    private func dump(_ entry: FstabEntry) -> JSONLine {
        .object([
            ("name", .string(entry.name)), ("base", .string(entry.base)), ("options", .string(entry.options)),
            ("dump-freq", .integer(Int64(entry.dumpFrequency))), ("fsck-passno", .integer(Int64(entry.fsckPass))),
        ])
    }

    private static func text(_ text: String?) -> JSONLine { text.map { .string($0) } ?? .null }

    private static func list(_ words: [String]) -> JSONLine { .array(words.map { .string($0) }) }
}
