import DiskFormats

/// Writes trees whose nodes have their places already.
struct BtrfsNodeWriter {
    let superblock: BtrfsSuperblock
    /// Stands in every node.
    let chunkTreeIdentifier: [UInt8]
    /// Gets each node, sealed, with its address.
    let store: (_ node: [UInt8], _ address: UInt64) throws -> Void

    private typealias Pointer = (key: BtrfsKey, address: UInt64)

    /// `addresses` are those of the nodes: leaves, then the nodes above them, the root at the end.
    func write(_ items: some BtrfsItems, owner: UInt64, addresses: [UInt64]) throws -> BtrfsRoot {
        var rest = addresses[...]
        var pointers = try leaves(items, owner, &rest)
        var level: UInt8 = 0
        let width = (superblock.nodeSize - BtrfsShape.header) / BtrfsShape.pointer
        while !rest.isEmpty {
            level += 1
            var above: [Pointer] = []
            for start in stride(from: 0, to: pointers.count, by: width) {
                let part = pointers[start..<min(start + width, pointers.count)]
                let address = rest.removeFirst()
                var body: [UInt8] = []
                for pointer in part {
                    body += pointer.key.bytes
                    body.append(littleEndian: pointer.address)
                    body.append(littleEndian: superblock.generation)
                }
                try finish(body, at: address, owner, level: level, count: part.count)
                above.append((part[start].key, address))
            }
            pointers = above
        }
        return BtrfsRoot(address: addresses[addresses.count - 1], level: level)
    }

    private func leaves(
        _ items: some BtrfsItems, _ owner: UInt64, _ addresses: inout ArraySlice<UInt64>
    ) throws -> [Pointer] {
        var filling = BtrfsShape.Filling(nodeSize: superblock.nodeSize)
        var leaf = Leaf(size: superblock.nodeSize)
        var pointers: [Pointer] = []
        func flush() throws {
            let address = addresses.removeFirst()
            try finish(leaf.body, at: address, owner, level: 0, count: leaf.count)
            if let first = leaf.first { pointers.append((first, address)) }
        }
        try items.forEach { key, size, bytes in
            if filling.add(size) {
                try flush()
                leaf = Leaf(size: superblock.nodeSize)
            }
            let contents = try bytes()
            precondition(contents.count == size, "an item is of another size than was planned")
            leaf.append(key, contents)
        }
        try flush()
        return pointers
    }

    /// Entries from the front, what they point to from the back.
    private struct Leaf {
        private(set) var body: [UInt8]
        private(set) var count = 0
        private(set) var first: BtrfsKey?
        private var end: Int

        init(size: Int) {
            end = size - BtrfsShape.header
            body = [UInt8](repeating: 0, count: end)
        }

        mutating func append(_ key: BtrfsKey, _ contents: [UInt8]) {
            first = first ?? key
            end -= contents.count
            let entry = count * BtrfsShape.entry
            body.setLittleEndian(key.object, at: entry)
            body[entry + 8] = key.kind.rawValue
            body.setLittleEndian(key.offset, at: entry + 9)
            body.setLittleEndian(UInt32(end), at: entry + 17)
            body.setLittleEndian(UInt32(contents.count), at: entry + 21)
            body.replaceSubrange(end..<end + contents.count, with: contents)
            count += 1
        }
    }

    private func finish(_ body: [UInt8], at address: UInt64, _ owner: UInt64, level: UInt8, count: Int) throws {
        var node = [UInt8](repeating: 0, count: 32)
        node.reserveCapacity(superblock.nodeSize)
        node += superblock.identifier
        node.append(littleEndian: address)
        // Written; references are of the kind that names the tree.
        node.append(littleEndian: UInt64(1) << 56 | 1)
        node += chunkTreeIdentifier
        node.append(littleEndian: superblock.generation)
        node.append(littleEndian: owner)
        node.append(littleEndian: UInt32(count))
        node.append(level)
        node += body
        node.append(zeros: superblock.nodeSize - node.count)
        superblock.checksum.seal(&node)
        try store(node, address)
    }
}
