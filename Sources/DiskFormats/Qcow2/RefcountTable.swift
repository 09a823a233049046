/// Counts how often each cluster of the image file is used.
///
/// A whole cluster counts once; a cluster of compressed data once for each piece that touches it. Blocks that can change no
/// more are written and forgotten, so memory does not grow with the file. 65535 cannot be reached: the best compression
/// of 2 MiB (zstd, a constant) needs over 70 bytes, which gives less than 30000 pieces in a cluster. Narrower counts can
/// run out; `isFull` tells.
struct RefcountTable {
    let geometry: Qcow2Geometry
    /// Blocks not yet written, the first of which has index `firstOpenBlock`.
    private var openBlocks: [[UInt16]] = []
    private var firstOpenBlock = 0
    /// Places of the blocks written.
    private var blockOffsets: [UInt64] = []

    init(geometry: Qcow2Geometry) { self.geometry = geometry }

    /// Counts one more use of every cluster that the range touches.
    mutating func count(_ range: Range<UInt64>) {
        let bits = UInt64(geometry.clusterBits)
        for cluster in (range.lowerBound >> bits)...((range.upperBound - 1) >> bits) {
            let block = Int(cluster) / geometry.refcountBlockEntryCount - firstOpenBlock
            while openBlocks.count <= block { openBlocks.append(emptyBlock) }
            openBlocks[block][Int(cluster) % geometry.refcountBlockEntryCount] += 1
        }
    }

    /// Whether the cluster at this place can have no more users.
    func isFull(at offset: UInt64) -> Bool {
        let cluster = Int(offset >> UInt64(geometry.clusterBits))
        let block = cluster / geometry.refcountBlockEntryCount - firstOpenBlock
        guard openBlocks.indices.contains(block) else { return false }
        return openBlocks[block][cluster % geometry.refcountBlockEntryCount] >= geometry.largestRefcount
    }

    private var emptyBlock: [UInt16] { Array(repeating: 0, count: geometry.refcountBlockEntryCount) }

    private func firstByte(ofBlock index: Int) -> UInt64 {
        UInt64(index * geometry.refcountBlockEntryCount) << UInt64(geometry.clusterBits)
    }

    /// Writes the blocks that lie a whole block behind the end of the file; `allocator` will not go back there.
    mutating func writeSettledBlocks(to file: ImageFile, allocator: inout HostClusterAllocator) throws {
        while openBlocks.count > 2 {
            let settled = firstByte(ofBlock: firstOpenBlock + 1)
            allocator.abandon(below: settled)
            let offset = allocator.clusters(1)
            count(offset..<(offset + geometry.clusterSize))
            try writeFirstBlock(to: file, at: offset)
        }
    }

    private mutating func writeFirstBlock(to file: ImageFile, at offset: UInt64) throws {
        try packed(openBlocks[0]).withUnsafeBytes { try file.write($0, at: offset) }
        openBlocks.removeFirst()
        firstOpenBlock += 1
        blockOffsets.append(offset)
        guard UInt64(blockOffsets.count) * 8 <= Qcow2Geometry.largestRefcountTableSize else {
            throw DiskFormatError(.unsupported, "write '\(file.path)'", "its data is too large for its cluster size")
        }
    }

    /// A block's bytes: big-endian counts, or several in a byte with the first in the lowest bits.
    private func packed(_ counts: [UInt16]) -> [UInt8] {
        let width = geometry.refcountBits
        if width >= 8 {
            let padding = [UInt8](repeating: 0, count: max(0, width / 8 - 2))
            return counts.flatMap { width == 8 ? [UInt8($0)] : padding + [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        }
        let perByte = 8 / width
        return stride(from: 0, to: counts.count, by: perByte).map { start in
            (0..<perByte).reduce(0) { $0 | UInt8(counts[start + $1]) << UInt8($1 * width) }
        }
    }

    /// Writes what is left and the table itself; returns where that is and how many clusters it has.
    mutating func finish(
        to file: ImageFile, allocator: inout HostClusterAllocator
    ) throws -> (offset: UInt64, clusters: UInt64) {
        let (blocks, tableClusters) = sizes(after: allocator.end)
        let start = allocator.clusters(UInt64(blocks) + tableClusters)
        count(start..<allocator.end)
        var offset = start
        while !openBlocks.isEmpty {
            try writeFirstBlock(to: file, at: offset)
            offset += geometry.clusterSize
        }
        let table = blockOffsets.map(\.bigEndian)
        try table.withUnsafeBytes { try file.write($0, at: offset) }
        return (offset, tableClusters)
    }

    /// Blocks still to place and clusters of the table, which must count themselves too.
    private func sizes(after end: UInt64) -> (blocks: Int, tableClusters: UInt64) {
        var total = end >> UInt64(geometry.clusterBits)
        while true {
            let entries = UInt64(geometry.refcountBlockEntryCount)
            let allBlocks = Int((total + entries - 1) / entries)
            let blocks = allBlocks - firstOpenBlock
            let tableClusters = geometry.clusters(for: UInt64(allBlocks) * 8)
            let needed = (end >> UInt64(geometry.clusterBits)) + UInt64(blocks) + tableClusters
            if needed <= total { return (blocks, tableClusters) }
            total = needed
        }
    }
}
