import DiskFormats
import SystemPackage

/// The one pass that gives every node of a tree its inode and its blocks, and writes them.
struct ExtPass {
    private static let shortLink = 60

    let header: ExtHeader
    let tree: FileTree
    private var space: ExtSpace
    private let stream: BlockStream
    private let made: FileTree.Time
    private let latest: Int64?
    private let attempt: String
    private var inodes: [UInt32] = []
    private var parents: [Int: Int] = [:]
    private var lostAndFound: UInt32 = 0
    /// The root's first, which is there already.
    private var rootBlock: UInt64?

    init(
        header: ExtHeader, tree: FileTree, space: ExtSpace, stream: BlockStream, made: FileTree.Time, latest: Int64?,
        attempt: String
    ) {
        self.header = header
        self.tree = tree
        self.space = space
        self.stream = stream
        self.made = made
        self.latest = latest
        self.attempt = attempt
    }

    /// Gives the number of blocks that were taken.
    mutating func run(lostAndFound: UInt32, rootBlock: UInt64, check: () throws -> Void) throws -> UInt64 {
        self.lostAndFound = lostAndFound
        self.rootBlock = rootBlock
        try number()
        let links = tree.linkCounts()
        let room = ExtInode.attributeRoom(header)
        for (index, node) in tree.nodes.enumerated() {
            if index % 64 == 0 { try check() }
            var inode = ExtInode(
                number: inodes[index], mode: node.mode, user: node.user, group: node.group, links: links[index],
                modified: clamped(node.modified), made: made)
            try give(node.content, of: index, to: &inode)
            let attributes = try node.attributes.map { try ExtAttribute($0, of: tree.path(of: index)) }
            let parts = ExtAttributeArea.divided(attributes, room: room)
            inode.attributes = parts.inInode
            try store(parts.inBlock, of: &inode)
            tables[inode.number] = inode.bytes(header)
        }
        try writeTables()
        try space.finish { try stream.write($0, at: $1) }
        try stream.flush()
        return space.takenBlocks
    }

    /// Inodes by number, to be written in order.
    private var tables: [UInt32: [UInt8]] = [:]

    private func writeTables() throws {
        for number in inodes.sorted() {
            if let bytes = tables[number] { try stream.write(bytes, at: space.offset(ofInode: number)) }
        }
    }

    private mutating func number() throws {
        inodes = [ExtHeader.rootInode]
        for node in tree.nodes.dropFirst() {
            var isDirectory = false
            if case .directory = node.content { isDirectory = true }
            inodes.append(try space.takeInode(isDirectory: isDirectory))
        }
        for (index, node) in tree.nodes.enumerated() {
            guard case .directory(let entries) = node.content else { continue }
            for entry in entries { parents[entry.node] = index }
        }
    }

    private func clamped(_ time: FileTree.Time) -> FileTree.Time {
        guard let latest, time.seconds >= latest else { return time }
        return FileTree.Time(seconds: latest)
    }

    // MARK: Contents

    private mutating func give(_ content: FileTree.Content, of index: Int, to inode: inout ExtInode) throws {
        switch content {
        case .directory(let entries): try give(entries, of: index, to: &inode)
        case .file(let path, let size, let segments): try give(path, size, segments, to: &inode)
        case .link(let target):
            inode.size = UInt64(target.count)
            if target.count < Self.shortLink {
                inode.area.replaceSubrange(0..<target.count, with: target)
            } else {
                let block = target + [UInt8](repeating: 0, count: header.blockSize - target.count)
                try list(try placed([block], from: 0), of: &inode)
            }
        case .device(let major, let minor):
            // The old number where it is enough; else the new one, in the second place.
            let isOld = major < 256 && minor < 256
            let number = isOld ? major << 8 | minor : (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12
            inode.area.setLittleEndian(number, at: isOld ? 0 : 4)
        case .nothing: break
        }
    }

    private mutating func give(_ entries: [FileTree.Entry], of index: Int, to inode: inout ExtInode) throws {
        let number = inodes[index]
        var names = entries.map { entry in
            ExtDirectoryBlocks.Name(
                bytes: entry.name, inode: inodes[entry.node],
                type: ExtDirectoryBlocks.types[tree.nodes[entry.node].mode >> 12] ?? 0)
        }
        if index == 0 {
            names.append(.init(bytes: Array("lost+found".utf8), inode: lostAndFound, type: 2))
            inode.links += 1
        }
        // The kernel stops counting there.
        if inode.links > 65000, header.countsManySubdirectories { inode.links = 1 }
        let (blocks, isIndexed) = ExtDirectoryBlocks(
            header: header, inode: number, parent: inodes[parents[index] ?? 0], names: names
        ).blocks()
        var rest = blocks[...]
        var runs: [ExtRun] = []
        if index == 0, let rootBlock {
            try stream.write(blocks[0], at: rootBlock * UInt64(header.blockSize))
            runs = [ExtRun(logical: 0, physical: rootBlock..<rootBlock + 1)]
            rest = rest.dropFirst()
        }
        inode.size = UInt64(blocks.count * header.blockSize)
        inode.isIndexed = isIndexed
        if !rest.isEmpty { runs.append(contentsOf: try placed(Array(rest), from: UInt64(blocks.count - rest.count))) }
        try list(runs, of: &inode)
    }

    private mutating func give(
        _ path: FilePath, _ size: UInt64, _ segments: [Range<UInt64>], to inode: inout ExtInode
    ) throws {
        inode.size = size
        let blockSize = UInt64(header.blockSize)
        var runs: [ExtRun] = []
        let file = segments.isEmpty ? nil : try open(path)
        defer { try? file?.close() }
        var next: UInt64 = 0
        for segment in segments {
            // Segments of other file systems may begin within a block.
            let first = max(next, segment.lowerBound / blockSize)
            let end = (segment.upperBound + blockSize - 1) / blockSize
            guard let file, end > first else { continue }
            next = end
            var logical = first
            for run in try space.take(end - first) {
                let start = logical * blockSize
                let length = UInt64(run.count) * blockSize
                try stream.copy(
                    file, start..<min(size, start + length), padded: length, to: run.lowerBound * blockSize)
                runs.append(ExtRun(logical: logical, physical: run))
                logical += UInt64(run.count)
            }
        }
        try list(runs, of: &inode)
    }

    private func open(_ path: FilePath) throws -> FileDescriptor {
        do { return try .open(path, .readOnly, options: [.closeOnExec, .noFollow]) } catch {
            throw TreeFormatError.system("open", path, error)
        }
    }

    // MARK: Blocks

    /// Takes blocks and writes these into them.
    private mutating func placed(_ blocks: [[UInt8]], from start: UInt64) throws -> [ExtRun] {
        var logical = start
        var runs: [ExtRun] = []
        for run in try space.take(UInt64(blocks.count)) {
            for (index, block) in run.enumerated() {
                try stream.write(blocks[Int(logical - start) + index], at: block * UInt64(header.blockSize))
            }
            runs.append(ExtRun(logical: logical, physical: run))
            logical += UInt64(run.count)
        }
        return runs
    }

    /// Enters runs into the inode, in the way of this file system.
    private mutating func list(_ parts: [ExtRun], of inode: inout ExtInode) throws {
        let runs = parts.reduce(into: [ExtRun]()) { runs, run in
            guard let last = runs.last, last.physical.upperBound == run.physical.lowerBound,
                last.logical + UInt64(last.physical.count) == run.logical
            else { return runs.append(run) }
            runs[runs.count - 1] = ExtRun(
                logical: last.logical, physical: last.physical.lowerBound..<run.physical.upperBound)
        }
        inode.usesExtents = header.usesExtents
        let stream = stream
        let table: ExtBlockList
        if header.usesExtents {
            let seed = header.seed(ofInode: inode.number)
            table = try ExtBlockList(
                extents: runs, header: header, seed: seed, take: { try space.take($0) },
                write: { try stream.write($0, at: $1) })
        } else {
            table = try ExtBlockList(
                pointers: runs, header: header, take: { try space.take($0) }, write: { try stream.write($0, at: $1) })
        }
        inode.area = table.inode
        inode.blockCount = runs.reduce(table.ownCount) { $0 + UInt64($1.physical.count) }
    }

    private mutating func store(_ attributes: [ExtAttribute], of inode: inout ExtInode) throws {
        guard !attributes.isEmpty else { return }
        guard var block = ExtAttributeArea.block(attributes, size: header.blockSize),
            let place = try space.take(1).first?.lowerBound
        else {
            throw DiskFormatError(
                .noSpace, attempt, "the extended attributes of a file take more than a block of \(header.blockSize)")
        }
        if let seed = header.checksumSeed {
            var number = [UInt8](repeating: 0, count: 8)
            number.setLittleEndian(place, at: 0)
            block.setLittleEndian(Crc32c.update(Crc32c.update(seed, number[...]), block[...]), at: 16)
        }
        try stream.write(block, at: place * UInt64(header.blockSize))
        inode.attributeBlock = place
        inode.blockCount += 1
    }
}
