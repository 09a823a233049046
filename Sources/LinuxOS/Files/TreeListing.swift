internal import CLinux
internal import Glibc
package import SystemPackage

/// Everything in a directory tree with what identifies its state, in a fixed order: by names, directories first.
package struct TreeListing: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// Below the top; empty for the top itself.
        package let path: String
        package let mode: UInt32
        package let user: UInt32
        package let group: UInt32
        package let size: UInt64
        package let links: UInt64
        package let deviceNumber: UInt64
        package let inode: UInt64
        /// Nanoseconds since 1970.
        package let modified: Int64
        package let changed: Int64
        package let allocated: UInt64
        /// A directory of an overlay that hides what lower layers have in its place.
        package let isOpaque: Bool

        package var type: FileType { FileType(rawValue: mode & S_IFMT) }
        package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
        package var isRegular: Bool { mode & S_IFMT == S_IFREG }
        package var isLink: Bool { mode & S_IFMT == S_IFLNK }
        /// What overlayfs puts where something of a lower layer has been removed.
        package var isWhiteout: Bool { mode & S_IFMT == S_IFCHR && deviceNumber == 0 }
    }

    /// The kind bits of a mode.
    package struct FileType: Hashable, Sendable {
        package let rawValue: UInt32
    }

    package let entries: [Entry]

    /// Walks the tree at `path`, on its file system only.
    package static func walk(_ path: FilePath) throws(SystemError) -> TreeListing {
        var entries: [Entry] = []
        let result = withUnsafeMutablePointer(to: &entries) { entries in
            path.withPlatformString { ingot_list_tree($0, collect, entries) }
        }
        try check(result, "list '\(path)'")
        return TreeListing(entries: entries)
    }

    /// Takes the mark from a directory that hides what lower layers have in its place.
    package static func removeOpaqueMark(_ path: FilePath) {
        _ = path.withPlatformString { lremovexattr($0, "trusted.overlay.opaque") }
    }

    /// Gives one directory the mode, owner and times of another.
    package static func copyStatus(of source: FilePath, to target: FilePath) throws(SystemError) {
        let result = source.withPlatformString { source in
            target.withPlatformString { ingot_copy_directory_status(source, $0) }
        }
        try check(result, "copy the status of '\(source)' to '\(target)'")
    }
}

private func collect(_ entry: UnsafePointer<ingot_listed>, _ context: UnsafeMutableRawPointer?) {
    let entry = entry.pointee
    context?.assumingMemoryBound(to: [TreeListing.Entry].self).pointee.append(
        TreeListing.Entry(
            path: String(cString: entry.path), mode: entry.mode, user: entry.user, group: entry.group,
            size: entry.size, links: entry.links, deviceNumber: entry.device_number, inode: entry.inode,
            modified: entry.modified, changed: entry.changed, allocated: entry.allocated,
            isOpaque: entry.is_opaque != 0))
}
