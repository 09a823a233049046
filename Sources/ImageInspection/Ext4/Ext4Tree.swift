import DiskFormats

/// Reads a whole tree of ext2, ext3 or ext4 without mounting anything.
///
/// The image may be hostile: a directory is entered once, no name leads elsewhere, and all files together cannot have
/// more blocks than the file system, so that time and room are bounded by its size.
package final class Ext4Tree {
    private static let rootInode: UInt64 = 2
    private static let deepest = 512
    private static let largestDirectory: UInt64 = 1 << 30

    private let window: DiskWindow
    private let superblock: Ext4Superblock
    private let table: Ext4InodeTable
    /// Blocks of data and of tables that may still be read.
    private var dataBudget: UInt64
    private var tableBudget: UInt64
    private var entered: Set<UInt64> = []
    /// Attributes that many files share lie in one block: what it held when it was last read.
    private var lastAttributes: (block: UInt64, values: [ForeignFile.Attribute])?

    /// Changes are in the journal only, which is not replayed here.
    package var needsRecovery: Bool { superblock.needsRecovery }

    package init(_ window: DiskWindow) throws {
        self.window = window
        superblock = try Ext4Superblock(window)
        guard superblock.isTreeReadable else {
            throw ImageInspectionError(.unsupported, "read ext4", "it has features that are not read here")
        }
        table = Ext4InodeTable(window: window, superblock: superblock)
        dataBudget = superblock.blockCount
        tableBudget = superblock.blockCount
    }

    /// Hands the tree to the sink; `lost+found` is left out, being part of how the file system is made.
    package func read(into sink: inout some ForeignTreeSink) throws {
        let root = try node(Self.rootInode)
        guard root.isDirectory else { throw Ext4Superblock.malformed("its root is no directory") }
        try visit([], Self.rootInode, root, depth: 0, &sink)
    }

    private func visit(
        _ name: [UInt8], _ number: UInt64, _ node: Ext4Node, depth: Int, _ sink: inout some ForeignTreeSink
    ) throws {
        guard entered.insert(number).inserted, depth <= Self.deepest else {
            throw Ext4Superblock.malformed("a directory is inside of itself")
        }
        try sink.enter(name, file(node, number))
        for entry in try entries(of: node) {
            if depth == 0, entry.name.elementsEqual("lost+found".utf8) { continue }
            let child = try self.node(entry.inode)
            if child.isDirectory {
                try visit(entry.name, entry.inode, child, depth: depth + 1, &sink)
            } else {
                try sink.add(entry.name, file(child, entry.inode), contents(of: child))
            }
        }
        try sink.leave()
    }

    private func node(_ number: UInt64) throws -> Ext4Node {
        let node = Ext4Node(try table.bytes(of: number, count: superblock.inodeSize))
        guard !node.isEncrypted, !node.inode.isInline else {
            throw ImageInspectionError(
                .unsupported, "read ext4", "encrypted files and files in inodes are not read here")
        }
        return node
    }

    private func file(_ node: Ext4Node, _ number: UInt64) throws -> ForeignFile {
        guard let kind = try node.kind(readTarget: { try bytes(of: node.inode) }) else {
            throw Ext4Superblock.malformed("inode \(number) is of no known kind")
        }
        if case .link(let target) = kind, target.contains(0) { throw Ext4Superblock.malformed("a link is broken") }
        return ForeignFile(
            kind: kind, mode: node.mode & 0o7777, owner: node.owner, group: node.group,
            size: node.isFile ? node.inode.size : 0, modified: node.modified, attributes: try attributes(of: node),
            identity: node.isDirectory || node.linkCount < 2 ? nil : number)
    }

    private func attributes(of node: Ext4Node) throws -> [ForeignFile.Attribute] {
        let reader = Ext4Attributes { [self] inode, size in
            let value = Ext4Node(try table.bytes(of: inode, count: superblock.inodeSize)).inode
            guard value.size == size else { throw Ext4Superblock.malformed("an attribute's value has another size") }
            return try bytes(of: value)
        }
        let inside = try reader.inInode(node.attributeArea)
        guard node.attributeBlock != 0 else { return inside }
        if let known = lastAttributes, known.block == node.attributeBlock { return inside + known.values }
        let values = try reader.inBlock(block(node.attributeBlock))
        lastAttributes = (node.attributeBlock, values)
        return inside + values
    }

    private func entries(of directory: Ext4Node) throws -> [(name: [UInt8], inode: UInt64)] {
        guard directory.inode.size <= Self.largestDirectory else {
            throw Ext4Superblock.malformed("a directory is too large")
        }
        let all = try Ext4Directory(bytes(of: directory.inode)).entries
        let named = all.filter { !$0.name.elementsEqual(".".utf8) && !$0.name.elementsEqual("..".utf8) }
        guard !named.contains(where: { $0.name.contains(0) || $0.name.contains(UInt8(ascii: "/")) }) else {
            throw Ext4Superblock.malformed("a name has a slash in it")
        }
        // By inode: tables and, as a rule, data are then read forward.
        return named.sorted { ($0.inode, $0.name.count) < ($1.inode, $1.name.count) }
    }

    private func block(_ number: UInt64) throws -> [UInt8] {
        guard number < superblock.blockCount, tableBudget > 0 else {
            throw Ext4Superblock.malformed("block \(number) is outside of the file system, or read too often")
        }
        tableBudget -= 1
        return try window.read(at: number * superblock.blockSize, count: Int(superblock.blockSize))
    }

    private func contents(of node: Ext4Node) throws -> ForeignContents {
        guard node.isFile else { return ForeignContents(size: 0, pieces: [], window: window) }
        return try contents(of: node.inode)
    }

    private func contents(of inode: Ext4Inode) throws -> ForeignContents {
        let size = superblock.blockSize
        let runs = try Ext4Runs(inode, blockSize: size, most: dataBudget, readBlock: { try self.block($0) }).runs
        let pieces = try runs.map { run in
            guard run.physical < superblock.blockCount, run.count <= superblock.blockCount - run.physical,
                run.count <= dataBudget
            else { throw Ext4Superblock.malformed("a file has blocks that are not its own") }
            dataBudget -= run.count
            let start = run.logical * size
            return ForeignContents.Piece(
                fileOffset: start, diskOffset: run.physical * size, size: min(run.count * size, inode.size - start))
        }
        return ForeignContents(size: inode.size, pieces: pieces, window: window)
    }

    /// The caller has bounded the size.
    private func bytes(of inode: Ext4Inode) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(inode.size))
        try contents(of: inode).forEach { offset, piece in
            bytes.withUnsafeMutableBytes { buffer in
                UnsafeMutableRawBufferPointer(rebasing: buffer[Int(offset)..<Int(offset) + piece.count])
                    .copyMemory(from: piece)
            }
        }
        return bytes
    }
}
