import Glibc
package import SystemPackage

/// What the modes of files with an access control list become where there can be none.
///
/// With a list, the group's bits of a mode are the list's mask: without it, the group would get what only others in the list
/// had. The owning group keeps what it had, and those who had rights by the list alone have them no more.
package struct NarrowedModes: Sendable {
    package struct File: Sendable {
        /// Below the root, without a slash in front.
        package let path: String
        /// As mksquashfs wants it: `m 640 0 0`.
        package let definition: String
    }

    package let files: [File]
    /// Of the tree's own directory, which has no path for mksquashfs.
    package let rootOptions: [String]
    /// The first file or directory with a list of any kind.
    package let first: String?

    package init(of tree: FilePath) throws {
        var files: [File] = []
        var first: String?
        try TreeWalk(root: tree).forEach { entry in
            guard entry.kind != .symbolicLink else { return }
            let lists = try entry.attributes().filter {
                $0.name == AccessControlList.accessAttribute || $0.name == AccessControlList.defaultAttribute
            }
            guard !lists.isEmpty else { return }
            first = first ?? entry.name
            let access = lists.first { $0.name == AccessControlList.accessAttribute }
            guard let entries = access.flatMap({ AccessControlList($0.value) })?.entries else { return }
            func permissions(_ tag: AccessControlList.Tag) -> UInt32? {
                entries.first { $0.tag == tag }.map { UInt32($0.permissions) }
            }
            let group = (permissions(.owningGroup) ?? 0) & (permissions(.mask) ?? 7)
            let (status, path) = (entry.status, String(decoding: entry.path, as: UTF8.self))
            let mode = status.st_mode & 0o7707 | group << 3
            files.append(
                File(path: path, definition: "m \(String(mode, radix: 8)) \(status.st_uid) \(status.st_gid)"))
        }
        self.files = files
        let root = files.first { $0.path.isEmpty }
        rootOptions = root.map { ["-root-mode", String($0.definition.split(separator: " ")[1])] } ?? []
        self.first = first
    }
}
