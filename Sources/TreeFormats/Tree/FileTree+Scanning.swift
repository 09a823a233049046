import CArchive
import Glibc
package import SystemPackage

extension FileTree {
    /// The tree below a directory, in the order of names, so that equal trees give equal file systems.
    ///
    /// Of the directories in `sealed`, paths below the root, the names are there and nothing else: file systems of their
    /// own lie over them. What a file system of its own has as `lost+found` is left out.
    package static func scan(_ root: FilePath, sealed: Set<[UInt8]> = []) throws -> FileTree {
        var scan = FileTreeScan(root: root, sealed: sealed)
        try TreeWalk(root: root, sealed: sealed).forEach { try scan.receive($0) }
        return scan.finished()
    }
}

/// Makes a tree of what a walk tells.
private struct FileTreeScan {
    private struct Identity: Hashable {
        let device: dev_t
        let inode: ino_t
    }

    let root: FilePath
    let sealed: Set<[UInt8]>
    private var nodes: [FileTree.Node] = []
    /// Of the directories told so far, by path.
    private var directories: [[UInt8]: Int] = [:]
    private var names: [[FileTree.Entry]] = []
    private var slots: [Int: Int] = [:]
    /// Files that have further names.
    private var known: [Identity: Int] = [:]

    init(root: FilePath, sealed: Set<[UInt8]>) {
        self.root = root
        self.sealed = sealed
    }

    consuming func finished() -> FileTree {
        var nodes = nodes
        for (node, slot) in slots { nodes[node].content = .directory(names[slot]) }
        return FileTree(nodes: nodes)
    }

    mutating func receive(_ entry: TreeEntry) throws {
        let node = try node(of: entry)
        if entry.kind == .directory {
            directories[entry.path] = node
            slots[node] = names.count
            names.append([])
        }
        guard !entry.path.isEmpty else { return }
        let cut = entry.path.lastIndex(of: UInt8(ascii: "/"))
        let parent = cut.map { Array(entry.path[..<$0]) } ?? []
        let name = cut.map { Array(entry.path[($0 + 1)...]) } ?? entry.path
        if let slot = directories[parent].flatMap({ slots[$0] }) {
            names[slot].append(FileTree.Entry(name: name, node: node))
        }
    }

    private mutating func node(of entry: TreeEntry) throws -> Int {
        let identity = Identity(device: entry.status.st_dev, inode: entry.status.st_ino)
        let hasNames = entry.status.st_nlink > 1 && entry.kind != .directory
        if hasNames, let first = known[identity] { return first }
        nodes.append(try made(of: entry))
        if hasNames { known[identity] = nodes.count - 1 }
        return nodes.count - 1
    }

    private func made(of entry: TreeEntry) throws -> FileTree.Node {
        let status = entry.status
        // What is made for a mount to lie over is not the image's own directory.
        if sealed.contains(entry.path) {
            let time = FileTree.Time(seconds: Int64(status.st_mtim.tv_sec))
            return FileTree.Node(mode: 0o40755, modified: time, content: .directory([]))
        }
        let content: FileTree.Content
        switch entry.kind {
        case .directory: content = .directory([])
        case .file: content = try file(entry)
        case .symbolicLink: content = .link(try entry.linkTarget())
        case .characterDevice, .blockDevice:
            content = .device(major: Self.major(status.st_rdev), minor: Self.minor(status.st_rdev))
        case .fifo, .socket: content = .nothing
        case nil: throw TreeFormatError(.unsupported, "read '\(entry.name)'", "it is of no known kind")
        }
        return FileTree.Node(
            mode: UInt16(truncatingIfNeeded: status.st_mode), user: status.st_uid, group: status.st_gid,
            modified: FileTree.Time(
                seconds: Int64(status.st_mtim.tv_sec), nanoseconds: UInt32(status.st_mtim.tv_nsec)),
            attributes: try entry.attributes(), content: content)
    }

    private func file(_ entry: TreeEntry) throws -> FileTree.Content {
        let size = UInt64(entry.status.st_size)
        let inside = FilePath(platformString: entry.path.map { CChar(bitPattern: $0) } + [0])
        let path = root.appending(inside.components)
        // What cp(1) takes for a file with holes.
        guard UInt64(entry.status.st_blocks) < size / 512 else {
            return .file(path, size: size, segments: size == 0 ? [] : [0..<size])
        }
        let file = open(entry.access.string, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw entry.failure("open") }
        defer { close(file) }
        var segments: [Range<UInt64>] = []
        // SEEK_DATA and SEEK_HOLE of <linux/fs.h>.
        var start = lseek(file, 0, 3)
        while start >= 0, UInt64(start) < size {
            let end = lseek(file, start, 4)
            segments.append(UInt64(start)..<(end < 0 ? size : min(size, UInt64(end))))
            start = end < 0 ? -1 : lseek(file, end, 3)
        }
        return .file(path, size: size, segments: segments)
    }

    /// The kernel's 64-bit numbers: major in bits 8 to 19 and 32 to 63, minor in the rest.
    private static func major(_ number: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (number >> 8 & 0xFFF) | (number >> 32 & ~0xFFF))
    }

    private static func minor(_ number: dev_t) -> UInt32 {
        UInt32(truncatingIfNeeded: (number & 0xFF) | (number >> 12 & ~0xFF))
    }
}
