package import BlockDevices
package import SystemPackage

/// A filesystem that this kernel cannot mount, or does not,
/// at the moment when it gets its files.
package struct OfflineFilesystem: Hashable, Sendable {
    package let plan: MountPlan
    /// How it is made.
    package let filesystem: FilesystemPlan
    /// The raw image it lies in.
    package let image: FilePath
    /// Where in the image.
    package let window: DeviceWindow
    /// The directory that stood in for it.
    package let tree: FilePath
    /// Directories below it over which other filesystems lie, relative to it.
    package let sealed: [FilePath]
}

/// Writes files into filesystems without the kernel's help.
package protocol OfflineFilling: Sendable {
    func fill(_ filesystem: OfflineFilesystem) async throws
}
