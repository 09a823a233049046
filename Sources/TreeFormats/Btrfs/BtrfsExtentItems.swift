import DiskFormats

/// The tree of extents: who uses which addresses, and how much of each chunk is in use.
struct BtrfsExtentItems: BtrfsItems {
    let layout: BtrfsLayout

    private static let nodeFlag: UInt64 = 2
    private static let dataFlag: UInt64 = 1
    private static let nodeReference: UInt8 = 176
    private static let dataReference: UInt8 = 178

    func forEach(_ visit: Visitor) throws {
        var data = layout.extents.all[...]
        var nodes = layout.nodes[...]
        for chunk in layout.chunks.all {
            let first = chunk.addresses.lowerBound
            // What lies at the chunk's own address comes before the chunk.
            var isTold = false
            func tell(before address: UInt64) throws {
                guard !isTold, address > first else { return }
                isTold = true
                let used = layout.used(in: chunk).reduce(UInt64(0)) { $0 + UInt64($1.count) }
                var bytes = [UInt8](littleEndian: used)
                for number in [BtrfsObject.chunks, chunk.flags] { bytes.append(littleEndian: number) }
                try visit(BtrfsKey(first, .blockGroup, chunk.length), bytes.count) { bytes }
            }
            if chunk.purpose == .data {
                while let extent = data.first, chunk.addresses.contains(extent.addresses.lowerBound) {
                    data.removeFirst()
                    try tell(before: extent.addresses.lowerBound)
                    try visit(BtrfsKey(extent.addresses.lowerBound, .extent, extent.length), 53) { item(extent) }
                }
            } else {
                while let node = nodes.first, chunk.addresses.contains(node.address) {
                    nodes.removeFirst()
                    try tell(before: node.address)
                    try visit(BtrfsKey(node.address, .node, UInt64(node.level)), 33) { item(node) }
                }
            }
            try tell(before: .max)
        }
    }

    private func head(_ flag: UInt64) -> [UInt8] {
        var bytes = [UInt8](littleEndian: UInt64(1))
        for number in [layout.superblock.generation, flag] { bytes.append(littleEndian: number) }
        return bytes
    }

    private func item(_ node: BtrfsLayout.Node) -> [UInt8] {
        head(Self.nodeFlag) + [Self.nodeReference] + [UInt8](littleEndian: node.owner)
    }

    private func item(_ extent: BtrfsExtent) -> [UInt8] {
        var bytes = head(Self.dataFlag) + [Self.dataReference]
        for number in [BtrfsObject.fileTree, BtrfsFileItems.inode(extent.node), extent.offset] {
            bytes.append(littleEndian: number)
        }
        bytes.append(littleEndian: UInt32(1))
        return bytes
    }
}

/// The tree of free space: what of each chunk nobody uses.
///
/// Places of superblocks count as free here.
struct BtrfsFreeSpaceItems: BtrfsItems {
    let layout: BtrfsLayout

    func forEach(_ visit: Visitor) throws {
        for chunk in layout.chunks.all {
            var free: [Range<UInt64>] = []
            var next = chunk.addresses.lowerBound
            for used in layout.used(in: chunk) {
                if next < used.lowerBound { free.append(next..<used.lowerBound) }
                next = used.upperBound
            }
            if next < chunk.addresses.upperBound { free.append(next..<chunk.addresses.upperBound) }
            let information = [UInt8](littleEndian: UInt32(free.count)) + [0, 0, 0, 0]
            let key = BtrfsKey(chunk.addresses.lowerBound, .freeSpaceInformation, chunk.length)
            // An item of the chunk's address comes before that of free space at the same address: by its kind.
            try visit(key, information.count) { information }
            for range in free {
                try visit(BtrfsKey(range.lowerBound, .freeSpace, UInt64(range.count)), 0) { [] }
            }
        }
    }
}
