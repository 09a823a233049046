import DiskFormats

/// The one pass that writes files' blocks, and then the trees that tell of them.
struct BtrfsPass {
    let parts: BtrfsParts
    let layout: BtrfsLayout
    let file: ImageFile
    /// Where in the file the device begins.
    let base: UInt64

    func run(check: () throws -> Void) throws {
        let sums = try copyFiles(check: check)
        let copies = layout.chunks.all.map(\.places.count).max() ?? 1
        // Copies of neighbouring nodes are neighbours too: each row of them is written in large runs.
        let streams = (0..<copies).map { _ in BlockStream(file, base: base) }
        let writer = BtrfsNodeWriter(
            superblock: layout.superblock, chunkTreeIdentifier: parts.chunkTreeIdentifier
        ) { node, address in
            for (index, place) in layout.places(of: address).enumerated() { try streams[index].write(node, at: place) }
        }
        func write(_ owner: UInt64) throws -> BtrfsRoot {
            try check()
            return try writer.write(
                parts.items(of: owner, in: layout, sums: sums), owner: owner, addresses: layout.addresses(of: owner))
        }
        let chunk = try write(BtrfsObject.chunkTree)
        for owner in parts.owners { _ = try write(owner) }
        for stream in streams { try stream.flush() }
        let roots = BtrfsRoots(
            root: layout.root(of: BtrfsObject.rootTree), chunk: chunk,
            extent: layout.root(of: BtrfsObject.extentTree), files: layout.root(of: BtrfsObject.fileTree),
            device: layout.root(of: BtrfsObject.deviceTree), checksums: layout.root(of: BtrfsObject.checksumTree))
        var superblock = layout.superblock
        superblock.point(
            to: roots, used: layout.used, device: parts.deviceItem(layout), chunks: parts.systemChunks(layout))
        for copy in superblock.copies {
            try copy.bytes.withUnsafeBytes { try file.write($0, at: base + copy.offset) }
        }
    }

    /// Writes the blocks of all files; gives the checksum of each.
    private func copyFiles(check: () throws -> Void) throws -> [UInt8] {
        let (unit, kind) = (layout.superblock.sectorSize, layout.superblock.checksum)
        var sums: [UInt8] = []
        let blocks = layout.extents.all.reduce(0) { $0 + Int($1.length) / unit }
        sums.reserveCapacity(blocks * kind.size)
        let copies = layout.chunks.of(.data).first?.places.count ?? 1
        let streams = (0..<copies).map { _ in BlockStream(file, base: base) }
        var rest = layout.extents.all[...]
        while let first = rest.first {
            guard case .file(let path, let size, _) = parts.tree.nodes[first.node].content else { break }
            try BtrfsFile(path).opened { source in
                while let extent = rest.first, extent.node == first.node {
                    rest.removeFirst()
                    try check()
                    let part = extent.offset..<min(size, extent.offset + extent.length)
                    for (copy, place) in layout.places(of: extent.addresses.lowerBound).enumerated() {
                        try streams[copy].copy(source, part, padded: extent.length, to: place) { bytes in
                            guard copy == 0 else { return }
                            for start in stride(from: 0, to: bytes.count, by: unit) {
                                kind.append(.init(rebasing: bytes[start..<start + unit]), to: &sums)
                            }
                        }
                    }
                }
            }
        }
        for stream in streams { try stream.flush() }
        return sums
    }
}
