import DiskFormats

/// A run of a file's blocks.
struct BtrfsExtent {
    /// Longer ones are divided, as the kernel does.
    static let limit: UInt64 = 128 << 20

    /// Of the tree.
    let node: Int
    /// Where in the file.
    let offset: UInt64
    let addresses: Range<UInt64>

    var length: UInt64 { UInt64(addresses.count) }
}

/// The runs of all files of a tree, in the order of nodes, of places in the file, and of addresses.
struct BtrfsExtents {
    /// Files up to this size lie in the tree of files: the kernel's `max_inline`.
    private static let inlineLimit: UInt64 = 2048

    private(set) var all: [BtrfsExtent] = []
    private(set) var space: BtrfsSpace

    static func isInline(size: UInt64, segments: [Range<UInt64>]) -> Bool {
        size <= inlineLimit && !segments.isEmpty
    }

    /// Bytes that they take.
    static func demand(of tree: FileTree, sectorSize: UInt64) -> UInt64 {
        tree.nodes.reduce(0) { sum, node in
            runs(of: node.content, sectorSize: sectorSize).reduce(sum) { $0 + UInt64($1.count) }
        }
    }

    /// There must be room for all.
    init(of tree: FileTree, sectorSize: UInt64, in chunks: [BtrfsChunk]) {
        space = BtrfsSpace(chunks)
        for (index, node) in tree.nodes.enumerated() {
            for run in Self.runs(of: node.content, sectorSize: sectorSize) {
                var offset = run.lowerBound
                while offset < run.upperBound,
                    let part = space.take(atMost: min(BtrfsExtent.limit, run.upperBound - offset))
                {
                    all.append(BtrfsExtent(node: index, offset: offset, addresses: part))
                    offset += UInt64(part.count)
                }
            }
        }
    }

    /// Segments in whole blocks: those of other file systems may begin within one.
    private static func runs(of content: FileTree.Content, sectorSize: UInt64) -> [Range<UInt64>] {
        guard case .file(_, let size, let segments) = content, !isInline(size: size, segments: segments) else {
            return []
        }
        var runs: [Range<UInt64>] = []
        for segment in segments where !segment.isEmpty {
            let start = max(runs.last?.upperBound ?? 0, segment.lowerBound / sectorSize * sectorSize)
            let end = (segment.upperBound + sectorSize - 1) / sectorSize * sectorSize
            if start < end { runs.append(start..<end) }
        }
        return runs
    }
}
