/// The tree of checksums: those of neighbouring blocks stand in one item, as many as fit.
struct BtrfsChecksumItems: BtrfsItems {
    let extents: [BtrfsExtent]
    let superblock: BtrfsSuperblock
    /// Of all blocks of all extents, in their order; empty as long as only sizes matter.
    var sums: [UInt8] = []

    /// The kernel's MAX_CSUM_ITEMS: an item leaves room for a second, and has a page's number of sums at most.
    private var mostSums: Int {
        let room = superblock.nodeSize - BtrfsShape.header - 2 * BtrfsShape.entry
        return min(room / superblock.checksum.size - 1, 4096)
    }

    func forEach(_ visit: Visitor) throws {
        let (unit, size) = (UInt64(superblock.sectorSize), superblock.checksum.size)
        var done = 0
        var index = 0
        while index < extents.count {
            // What is next to each other.
            var (address, end) = (extents[index].addresses.lowerBound, extents[index].addresses.upperBound)
            index += 1
            while index < extents.count, extents[index].addresses.lowerBound == end {
                end = extents[index].addresses.upperBound
                index += 1
            }
            while address < end {
                let count = min(mostSums, Int((end - address) / unit))
                try visit(BtrfsKey(BtrfsObject.checksums, .checksums, address), count * size) {
                    Array(sums[done * size..<(done + count) * size])
                }
                done += count
                address += UInt64(count) * unit
            }
        }
    }
}
