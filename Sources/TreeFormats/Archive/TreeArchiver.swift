import CArchive
import Glibc
package import SystemPackage

/// Writes a tree as an archive: everything that a file system holds, and nothing of the host.
///
/// Sockets are left out, as tar does: they mean nothing without the process that made them.
package struct TreeArchiver {
    package enum Format: Sendable {
        case tar
        case cpio
    }

    private let tree: FilePath
    private let format: Format
    /// What stands before each path: `.` gives `./etc/passwd`, empty `etc/passwd`.
    private let prefix: [UInt8]

    package init(tree: FilePath, format: Format, prefix: String = ".") {
        self.tree = tree
        self.format = format
        self.prefix = Array(prefix.utf8)
    }

    /// Files that follow the tree, as App Container images have one.
    package struct Addition: Sendable {
        let name: String
        let contents: [UInt8]

        package init(name: String, contents: [UInt8]) {
            self.name = name
            self.contents = contents
        }
    }

    /// Hands the archive to `sink` and finishes it; `check` throws where the work is to stop.
    package func write(to sink: any ByteSink, additions: [Addition] = [], check: () throws -> Void = {}) throws {
        let writer = try ArchiveWriter(format == .tar ? .pax : .newc, to: sink)
        var links = HardLinks()
        let copier = FileCopier(writer: writer)
        try TreeWalk(root: tree).forEach { entry in
            try check()
            guard let kind = entry.kind, kind != .socket else { return }
            let first = kind == .directory ? nil : links.first(of: entry)
            let contents = kind == .file && first == nil ? try copier.open(entry) : nil
            try writer.begin(entry.name) { target, functions in
                var description = EntryDescription(entry: target, functions: functions)
                description.fill(path: path(of: entry), entry)
                if kind == .symbolicLink { description.setLinkTarget(try entry.linkTarget()) }
                if format == .tar {
                    if let first { description.setHardLink(path(first)) } else { try description.addAttributes(entry) }
                    for range in contents?.holesAware ?? [] { description.addData(range) }
                } else {
                    description.setLinks(entry, hasContents: first == nil)
                }
            }
            if let contents { try copier.copy(contents, of: entry) }
            try writer.endEntry(entry.name)
        }
        for addition in additions { try add(addition, writer) }
        try writer.close()
        try sink.finish()
    }

    private func path(of entry: TreeEntry) -> [UInt8] { path(entry.path) }

    private func path(_ path: [UInt8]) -> [UInt8] {
        if prefix.isEmpty { return path.isEmpty ? [UInt8(ascii: ".")] : path }
        return path.isEmpty ? prefix : prefix + [UInt8(ascii: "/")] + path
    }

    private func add(_ addition: Addition, _ writer: ArchiveWriter) throws {
        try writer.begin(addition.name) { target, functions in
            functions.archive_entry_copy_pathname(target, addition.name)
            functions.archive_entry_set_mode(target, S_IFREG | 0o644)
            functions.archive_entry_set_size(target, Int64(addition.contents.count))
            functions.archive_entry_set_mtime(target, 0, 0)
        }
        try addition.contents.withUnsafeBytes { try writer.write($0, of: addition.name) }
        try writer.endEntry(addition.name)
    }
}

/// Which path a file with several names was archived under first.
private struct HardLinks {
    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    private var paths: [Identity: [UInt8]] = [:]

    /// The earlier path of the same file; nil if this is the first, or the only one.
    mutating func first(of entry: TreeEntry) -> [UInt8]? {
        guard entry.status.st_nlink > 1 else { return nil }
        let identity = Identity(device: entry.status.st_dev, inode: entry.status.st_ino)
        if let path = paths[identity] { return path }
        paths[identity] = entry.path
        return nil
    }
}
