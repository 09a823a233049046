/// A filesystem to be made, with everything decided.
package struct FilesystemPlan: Hashable, Sendable, Codable {
    package let name: String
    /// The node whose device it is made on.
    package let device: String
    /// Where that is in an image file; unknown for a logical volume.
    package let window: DeviceWindow?
    package let type: FilesystemType
    /// Empty if the type has none.
    package let label: String
    /// As `blkid` will print it; empty if the type's mkfs cannot be told.
    package let uuid: String
    /// The user's words for mkfs, which are among those of the command.
    package let options: [String]
    package let command: FormatCommand
}
