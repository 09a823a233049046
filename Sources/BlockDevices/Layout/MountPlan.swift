/// A mount to be made while the image is filled, and what fstab has for it.
package struct MountPlan: Hashable, Sendable, Codable {
    package let name: String
    package let filesystem: String
    /// The node whose device is mounted.
    package let device: String
    package let type: FilesystemType
    /// In the image: absolute, or `none` for swap.
    package let mountPoint: String
    /// On the host while the image is filled; nothing for swap, which is not turned on.
    package let path: String?
    package let filling: FilesystemFilling
    /// Whether free blocks are discarded before it is unmounted.
    package let isTrimmed: Bool
    /// What fstab finds it by: `LABEL=…`, `UUID=…`, or `PARTUUID=…` for a type that has neither.
    package let source: String
    /// Nothing if the document wants no line.
    package let fstab: FstabEntry?

    init(
        _ mount: MountPoint, filesystem: Filesystem, source: String, fstab: FstabEntry?, mountBase: String,
        filling: FilesystemFilling
    ) {
        let isSwap = filesystem.type.family == .swap
        name = mount.name
        self.filesystem = filesystem.name
        device = filesystem.base
        type = filesystem.type
        mountPoint = isSwap ? "none" : mount.absolutePath
        path = isSwap ? nil : mountBase + (mount.absolutePath == "/" ? "" : mount.absolutePath)
        self.filling = filling
        isTrimmed = !isSwap && filesystem.type.family != .fat && filling == .mounted
        self.source = source
        self.fstab = isSwap ? fstab.map(FstabEntry.init(ofSwap:)) : fstab
    }

    /// The line of fstab without its end.
    package var fstabLine: String? {
        fstab.map { entry in
            "\(Self.escaped(source)) \(Self.escaped(mountPoint)) \(type) "
                + "\(entry.options) \(entry.dumpFrequency) \(entry.fsckPass)"
        }
    }

    /// Blanks and backslashes as fstab(5) wants them.
    static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\134").replacing(" ", with: "\\040").replacing("\t", with: "\\011")
    }
}
