/// A filesystem's place in the tree; a swap area has one too, of the name `none`.
package struct MountPoint: Hashable, Sendable, Codable {
    package let name: String
    /// The filesystem.
    package let base: String
    /// As the document writes it, which is what hooks see.
    package let mountPoint: String

    init(_ entry: ConfigurationEntry) throws(BlockDeviceError) {
        let reader = AttributeReader(entry)
        name = try reader.name()
        base = try reader.text("base", missing: "MountPoint config needs [base]")
        mountPoint = try reader.text("mount_point", missing: "MountPoint config needs [mount_point]")
        guard !mountPoint.split(separator: "/").contains(".."), !mountPoint.contains(where: \.isNewline) else {
            throw reader.error("mount point '\(mountPoint)' is not a path below the root", at: "mount_point")
        }
    }

    /// From the root of the image, with one slash in front and none behind.
    package var absolutePath: String {
        "/" + mountPoint.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
