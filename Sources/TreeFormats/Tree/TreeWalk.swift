import Glibc
import SystemPackage

/// Visits a tree in a fixed order: directories before what is in them, names by their bytes.
///
/// Mounts below the root belong to the tree; their `lost+found` does not, being part of how a file system is made.
/// Every step goes through the descriptor of the directory it is in, so that no path is too long and no symbolic link
/// is followed.
struct TreeWalk {
    let root: FilePath
    /// Directories that are visited without what is in them: their paths below the root.
    var sealed: Set<[UInt8]> = []

    func forEach(_ body: (TreeEntry) throws -> Void) throws {
        let descriptor = open(root.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TreeFormatError.system("open", root, Errno(rawValue: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            close(descriptor)
            throw TreeFormatError.system("stat", root, Errno(rawValue: errno))
        }
        let entry = TreeEntry(path: [], status: status, access: FilePath("/proc/self/fd/\(descriptor)/."))
        try visit(entry, opened: descriptor, isMountPoint: true, body)
    }

    /// Takes over `opened`, the descriptor of the directory `entry`.
    private func visit(
        _ entry: TreeEntry, opened: Int32, isMountPoint: Bool, _ body: (TreeEntry) throws -> Void
    ) throws {
        guard let stream = fdopendir(opened) else {
            close(opened)
            throw entry.failure("read directory")
        }
        defer { closedir(stream) }
        try body(entry)
        if sealed.contains(entry.path) { return }
        for name in try names(in: stream, of: entry) {
            if isMountPoint, name == Self.lostAndFound { continue }
            try visitChild(name, of: entry, directory: opened, body)
        }
    }

    private func visitChild(
        _ name: [UInt8], of parent: TreeEntry, directory: Int32, _ body: (TreeEntry) throws -> Void
    ) throws {
        let path = parent.path.isEmpty ? name : parent.path + [UInt8(ascii: "/")] + name
        let terminated = name.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        let found = fstatat(directory, terminated, &status, AT_SYMLINK_NOFOLLOW)
        let access = FilePath("/proc/self/fd/\(directory)").appending(FilePath(platformString: terminated).components)
        guard found == 0 else { throw TreeEntry(path: path, status: status, access: access).failure("stat") }
        let entry = TreeEntry(path: path, status: RecordedNode.status(status, of: access), access: access)
        guard entry.kind == .directory else { return try body(entry) }
        let child = openat(directory, terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard child >= 0 else { throw entry.failure("open") }
        try visit(entry, opened: child, isMountPoint: status.st_dev != parent.status.st_dev, body)
    }

    private static let lostAndFound = Array("lost+found".utf8)

    private func names(in stream: OpaquePointer, of entry: TreeEntry) throws -> [[UInt8]] {
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let item = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &item.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != [UInt8(ascii: ".")], name != Array("..".utf8) { names.append(name) }
        }
        guard errno == 0 else { throw entry.failure("read directory") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
