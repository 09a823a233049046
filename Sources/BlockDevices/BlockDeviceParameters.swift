package import Basics

/// What a build tells the block-device layer beside the document: upstream's `params.yaml` as a value.
///
/// The sizes are unknown when a build starts (the tree has yet to be measured), hence optional.
package struct BlockDeviceParameters: Hashable, Sendable, Codable {
    /// `FS_TYPE`; applies to the filesystem named `mkfs_root` when the document does not give it a type.
    package var rootFilesystemType: String?
    /// mkfs options for `mkfs_root`, one text, split on blanks.
    package var rootFilesystemOptions: String?
    /// `--root-label`; nothing means the default label of the root's filesystem type.
    package var rootLabel: String?
    /// Size of every image file whose document entry does not state one.
    package var imageSize: ByteCount?
    /// Where image files lie whose document entry does not state a directory.
    package var imageDirectory: String?
    /// The directory under which filesystems are mounted while the image is filled.
    package var mountBase: String?
    package var buildDirectory: String?
    /// `DIB_BLOCK_SIZE`: logical sector size of all image files, over what the document says.
    package var sectorSize: UInt64?
    /// Types that this host's kernel cannot mount and that are filled in the image file instead.
    package var offlineTypes: Set<String>
    /// How the disks are made.
    package var backend: DiskBackend

    package init(
        rootFilesystemType: String? = nil, rootFilesystemOptions: String? = nil, rootLabel: String? = nil,
        imageSize: ByteCount? = nil, imageDirectory: String? = nil, mountBase: String? = nil,
        buildDirectory: String? = nil, sectorSize: UInt64? = nil,
        offlineTypes: Set<String> = [], backend: DiskBackend = .loop
    ) {
        self.rootFilesystemType = rootFilesystemType
        self.rootFilesystemOptions = rootFilesystemOptions
        self.rootLabel = rootLabel
        self.imageSize = imageSize
        self.imageDirectory = imageDirectory
        self.mountBase = mountBase
        self.buildDirectory = buildDirectory
        self.sectorSize = sectorSize
        self.offlineTypes = offlineTypes
        self.backend = backend
    }
}
