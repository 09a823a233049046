import DiskFormats
import SystemPackage

/// The tree of files: each inode with its names, attributes and contents.
struct BtrfsFileItems: BtrfsItems {
    private static let mostLinks = 65535

    let tree: FileTree
    let links: BtrfsLinks
    let extents: [BtrfsExtent]
    let superblock: BtrfsSuperblock
    let made: FileTree.Time
    let latest: Int64?

    private var generation: UInt64 { superblock.generation }
    /// The kernel lets no item grow beyond it.
    private var mostBytes: Int { superblock.nodeSize - BtrfsShape.header - BtrfsShape.entry }

    static func inode(_ node: Int) -> UInt64 { BtrfsObject.firstInode + UInt64(node) }

    func forEach(_ visit: Visitor) throws {
        var rest = extents[...]
        for (index, node) in tree.nodes.enumerated() {
            let count = rest.prefix { $0.node == index }.count
            let own = rest.prefix(count)
            rest = rest.dropFirst(count)
            let inode = try inode(node, at: index, own)
            try visit(BtrfsKey(Self.inode(index), .inode, 0), BtrfsInode.size) { inode.bytes }
            try references(of: index, visit)
            try attributes(of: node, at: index, visit)
            if case .directory(let entries) = node.content { try names(entries, of: index, visit) }
            try contents(of: node, at: index, own, visit)
        }
    }

    private func inode(_ node: FileTree.Node, at index: Int, _ extents: ArraySlice<BtrfsExtent>) throws -> BtrfsInode {
        var inode = BtrfsInode(modified: clamped(node.modified), made: made)
        inode.generation = generation
        inode.mode = UInt32(node.mode)
        inode.user = node.user
        inode.group = node.group
        switch node.content {
        case .directory(let entries): inode.size = entries.reduce(0) { $0 + 2 * UInt64($1.name.count) }
        case .file(_, let size, let segments):
            inode.size = size
            let isInline = BtrfsExtents.isInline(size: size, segments: segments)
            inode.allocated = isInline ? size : extents.reduce(0) { $0 + $1.length }
        case .link(let target):
            inode.size = UInt64(target.count)
            inode.allocated = inode.size
        // As the kernel has it in memory: twenty bits for the minor number.
        case .device(let major, let minor): inode.device = UInt64(major) << 20 | UInt64(minor)
        case .nothing: break
        }
        guard case .directory = node.content else {
            let count = links[index].count
            guard count <= Self.mostLinks else { throw tooMany("names of '\(tree.path(of: index))'") }
            inode.links = UInt32(count)
            return inode
        }
        return inode
    }

    private func clamped(_ time: FileTree.Time) -> FileTree.Time {
        guard let latest, time.seconds >= latest else { return time }
        return FileTree.Time(seconds: latest)
    }

    private func tooMany(_ what: String) -> TreeFormatError {
        TreeFormatError(.unsupported, "store \(what)", "there are more than btrfs has room for")
    }

    // MARK: Names

    /// What leads from an inode to its names: one item for each directory, and where that is full, one for each name.
    private func references(of index: Int, _ visit: Visitor) throws {
        let inode = Self.inode(index)
        if index == 0 {
            let own = reference(0, Array("..".utf8))
            return try visit(BtrfsKey(inode, .inodeReference, inode), own.count) { own }
        }
        var further: [(hash: UInt64, bytes: [UInt8])] = []
        var rest = links[index]
        while let directory = rest.first?.directory {
            let parent = Self.inode(directory)
            guard case .directory(let entries) = tree.nodes[directory].content else { return }
            var bytes: [UInt8] = []
            while let place = rest.first, place.directory == directory {
                rest.removeFirst()
                let name = entries[place.entry].name
                let one = reference(Self.index(of: place.entry), name)
                if bytes.count + one.count <= mostBytes {
                    bytes += one
                } else {
                    further.append(
                        (BtrfsChecksum.hash(ofName: name, in: parent), [UInt8](littleEndian: parent) + one))
                }
            }
            try visit(BtrfsKey(inode, .inodeReference, parent), bytes.count) { bytes }
        }
        for group in BtrfsName.grouped(further, hash: \.hash) {
            let bytes = group.values.flatMap(\.bytes)
            guard bytes.count <= mostBytes else { throw tooMany("names of '\(tree.path(of: index))'") }
            try visit(BtrfsKey(inode, .inodeExtendedReference, group.hash), bytes.count) { bytes }
        }
    }

    /// Places in a directory are counted from 2 on, as if `.` and `..` had the first two.
    private static func index(of entry: Int) -> UInt64 { UInt64(entry) + 2 }

    private func reference(_ index: UInt64, _ name: [UInt8]) -> [UInt8] {
        [UInt8](littleEndian: index) + [UInt8](littleEndian: UInt16(name.count)) + name
    }

    private func names(_ entries: [FileTree.Entry], of index: Int, _ visit: Visitor) throws {
        let directory = Self.inode(index)
        func bytes(_ entry: FileTree.Entry) -> [UInt8] {
            BtrfsName(
                entry.name, of: BtrfsKey(Self.inode(entry.node), .inode, 0),
                type: BtrfsName.types[tree.nodes[entry.node].mode >> 12] ?? 0, generation: generation
            ).bytes
        }
        for group in BtrfsName.grouped(entries, hash: { BtrfsChecksum.hash(ofName: $0.name) }) {
            let size = group.values.reduce(0) { $0 + BtrfsName.header + $1.name.count }
            guard size <= mostBytes else { throw tooMany("names with one hash in '\(tree.path(of: index))'") }
            try visit(BtrfsKey(directory, .name, group.hash), size) { group.values.flatMap(bytes) }
        }
        for (place, entry) in entries.enumerated() {
            try visit(
                BtrfsKey(directory, .nameByIndex, Self.index(of: place)), BtrfsName.header + entry.name.count
            ) { bytes(entry) }
        }
    }

    private func attributes(of node: FileTree.Node, at index: Int, _ visit: Visitor) throws {
        guard !node.attributes.isEmpty else { return }
        for attribute in node.attributes where !BtrfsAttributes.isKnown(attribute.name) {
            throw TreeFormatError(
                .unsupported, "store attribute '\(attribute.name)' of '\(tree.path(of: index))'",
                "btrfs has no such attributes")
        }
        for group in BtrfsName.grouped(node.attributes, hash: { BtrfsChecksum.hash(ofName: Array($0.name.utf8)) }) {
            let bytes = group.values.flatMap { BtrfsName($0, generation: generation).bytes }
            guard bytes.count <= mostBytes else {
                throw TreeFormatError(
                    .unsupported, "store attribute '\(group.values[0].name)' of '\(tree.path(of: index))'",
                    "it is larger than btrfs has room for in a node of \(superblock.nodeSize) bytes")
            }
            try visit(BtrfsKey(Self.inode(index), .attribute, group.hash), bytes.count) { bytes }
        }
    }

    // MARK: Contents

    private func contents(
        of node: FileTree.Node, at index: Int, _ extents: ArraySlice<BtrfsExtent>, _ visit: Visitor
    ) throws {
        let inode = Self.inode(index)
        switch node.content {
        case .link(let target):
            let size = BtrfsContents.inlineHeader + target.count
            guard size <= mostBytes else {
                throw TreeFormatError(
                    .unsupported, "store the link '\(tree.path(of: index))'",
                    "its target does not fit a node of \(superblock.nodeSize) bytes")
            }
            try visit(BtrfsKey(inode, .contents, 0), size) {
                BtrfsContents.inline(target, generation: generation)
            }
        case .file(let path, let size, let segments) where BtrfsExtents.isInline(size: size, segments: segments):
            try visit(BtrfsKey(inode, .contents, 0), BtrfsContents.inlineHeader + Int(size)) {
                BtrfsContents.inline(try BtrfsFile(path).whole(Int(size)), generation: generation)
            }
        case .file(_, let size, _): try blocks(of: inode, size: size, extents, visit)
        case .directory, .device, .nothing: break
        }
    }

    private func blocks(
        of inode: UInt64, size: UInt64, _ extents: ArraySlice<BtrfsExtent>, _ visit: Visitor
    ) throws {
        var next: UInt64 = 0
        func hole(upTo end: UInt64) throws {
            guard superblock.statesHoles, next < end else { return }
            let length = end - next
            try visit(BtrfsKey(inode, .contents, next), BtrfsContents.size) {
                BtrfsContents.hole(length, generation: generation)
            }
        }
        for extent in extents {
            try hole(upTo: extent.offset)
            try visit(BtrfsKey(inode, .contents, extent.offset), BtrfsContents.size) {
                BtrfsContents.extent(extent, generation: generation)
            }
            next = extent.offset + extent.length
        }
        let unit = UInt64(superblock.sectorSize)
        try hole(upTo: (size + unit - 1) / unit * unit)
    }
}
