import Basics

extension BlockDeviceLayout {
    /// `INGOT_DISK` of the hooks: a line for each partition, image and volume with what lies on it, whether the build has
    /// devices for them or not.
    ///
    /// `NAME IMAGE OFFSET SIZE TYPE UUID LABEL MOUNTPOINT`, in order of creation; `-` where there is nothing, and blanks, tabs
    /// and backslashes as fstab(5) has them. Offset and size are bytes in the image file of that name.
    package var hookText: String {
        let windows = devices.map { ($0.name, $0.image, String($0.offset), String($0.size.bytes)) }
        let others = volumes.map { ($0.name, "", "", $0.size.map { String($0.bytes) } ?? "") }
        return (windows + others).map { name, image, offset, size in
            let filesystem = filesystems.first { $0.device == name }
            let mount = mounts.first { $0.device == name }
            let fields = [
                name, image, offset, size, filesystem?.type.name, filesystem?.uuid, filesystem?.label,
                mount?.mountPoint,
            ]
            return fields.map { Self.field($0 ?? "") }.joined(separator: " ")
        }.joined(separator: "\n")
    }

    private static func field(_ text: String) -> String { text.isEmpty ? "-" : MountPlan.escaped(text) }
}
