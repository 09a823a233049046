/// Everything about a tree that decides how much room it takes in a filesystem: names, sizes, holes, attributes.
///
/// A list of directories, each with what lies directly in it, the tree's own root first. Of an inode with several names
/// the contents count where the walk met it first.
package struct TreeSurvey: Hashable, Sendable {
    /// An extended attribute.
    package struct Attribute: Hashable, Sendable {
        /// With its namespace, `user.comment`.
        package let name: String
        /// Bytes of its value as programs see it.
        package let length: UInt64
        /// Bytes of its value in an ext4 filesystem, which stores access control lists more densely.
        package let storedLength: UInt64

        package init(name: String, length: UInt64, storedLength: UInt64? = nil) {
            self.name = name
            self.length = length
            self.storedLength = storedLength ?? length
        }
    }

    /// The contents of a regular file.
    package struct File: Hashable, Sendable {
        package let size: UInt64
        /// The parts with data, in order; nothing for a file without holes.
        package var segments: [Range<UInt64>]?

        package init(size: UInt64, segments: [Range<UInt64>]? = nil) {
            self.size = size
            self.segments = segments
        }
    }

    package struct Directory: Hashable, Sendable {
        /// From the root of the tree: `/`, `/etc`, `/etc/apt`.
        package let path: String
        /// The names in it in the order in which they are copied.
        package var names: [[UInt8]]
        package var files: [File]
        /// Lengths of the targets of symbolic links.
        package var linkTargets: [UInt64]
        /// Devices, FIFOs, sockets: inodes and nothing else.
        package var specialCount: UInt64
        /// Those of each inode that has any, the directory's own among them.
        package var attributes: [[Attribute]]

        package init(
            path: String, names: [[UInt8]] = [], files: [File] = [], linkTargets: [UInt64] = [],
            specialCount: UInt64 = 0, attributes: [[Attribute]] = []
        ) {
            self.path = path
            self.names = names
            self.files = files
            self.linkTargets = linkTargets
            self.specialCount = specialCount
            self.attributes = attributes
        }

        /// Inodes without the directory's own.
        package var inodeCount: UInt64 { UInt64(files.count + linkTargets.count) + specialCount }
    }

    package var directories: [Directory]
    /// What `du` counts where the tree lies now.
    package var allocated: ByteCount

    package init(directories: [Directory] = [], allocated: ByteCount = .zero) {
        self.directories = directories
        self.allocated = allocated
    }

    package var inodeCount: UInt64 { directories.reduce(0) { $0 + 1 + $1.inodeCount } }

    /// The number `du -k` prints.
    package var kibibytes: UInt64 { (allocated.bytes + 1023) >> 10 }
}
