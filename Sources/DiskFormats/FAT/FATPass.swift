import SystemPackage

/// The one pass that gives every file and directory its clusters and writes them.
///
/// A directory's length is known before its entries are, so it gets its clusters first, then its children theirs, and it
/// is written last.
struct FATPass {
    let geometry: FATGeometry
    let latest: Int64?
    /// The table from its start to the last cluster in use.
    private(set) var table: [UInt32] = [0, 0]
    /// Writes bytes at an offset of the filesystem.
    private let write: ([UInt8], UInt64) throws -> Void

    private static let copyLength = 1 << 20

    init(geometry: FATGeometry, latest: Int64?, write: @escaping ([UInt8], UInt64) throws -> Void) {
        self.geometry = geometry
        self.latest = latest
        self.write = write
    }

    /// Entries that the names of a directory take, with `extra` ones.
    static func slots(of items: [FATItem], extra: Int) -> Int {
        items.reduce(extra) { $0 + FATName($1.name).slotCount }
    }

    mutating func writeRoot(_ items: [FATItem], label: [UInt8]?) throws {
        let length = Self.slots(of: items, extra: label == nil ? 0 : 1) * FATDirectory.entrySize
        var place = geometry.rootOffset
        if geometry.width == .fat32 {
            // mkfs.vfat has given the root its first cluster, the lowest: the rest follows it.
            guard geometry.rootCluster == UInt32(table.count) else {
                throw DiskFormatError(.unsupported, "fill a FAT filesystem", "its root directory is not in cluster 2")
            }
            place = geometry.offset(ofCluster: allocate(max(1, UInt64(length))))
        }
        var directory = FATDirectory(names: items.map { FATName($0.name) })
        if let label { directory.add(raw: label) }
        try add(items, to: &directory, own: 0)
        try write(directory.bytes, place)
    }

    /// Entries of a directory, whose own cluster is `own`, and everything below them.
    private mutating func add(_ items: [FATItem], to directory: inout FATDirectory, own: UInt32) throws {
        for item in items {
            let modified = FATTimestamp(secondsSince1970: min(item.modified, latest ?? .max))
            let name = FATName(item.name)
            switch item.content {
            case .file(let source, let size):
                let first = allocate(size)
                try copy(source, size: size, to: first)
                directory.add(
                    name,
                    attributes: FATDirectory.Attribute.archive
                        | (item.isReadOnly ? FATDirectory.Attribute.readOnly : 0),
                    cluster: first, size: UInt32(size), modified: modified)
            case .directory(let children):
                let first = try writeDirectory(children, parent: own, modified)
                directory.add(
                    name, attributes: FATDirectory.Attribute.directory, cluster: first, size: 0, modified: modified)
            }
        }
    }

    private mutating func writeDirectory(
        _ items: [FATItem], parent: UInt32, _ modified: FATTimestamp
    ) throws -> UInt32 {
        let first = allocate(UInt64(Self.slots(of: items, extra: 2) * FATDirectory.entrySize))
        var directory = FATDirectory(names: items.map { FATName($0.name) })
        directory.addLinks(to: first, parent: parent, modified: modified)
        try add(items, to: &directory, own: first)
        try write(directory.bytes, geometry.offset(ofCluster: first))
        return first
    }

    /// Takes the next clusters, in one piece, and chains them; the first, or 0 for no bytes.
    private mutating func allocate(_ bytes: UInt64) -> UInt32 {
        let count = geometry.clusters(for: bytes)
        guard count > 0 else { return 0 }
        let first = UInt32(table.count)
        for next in 1..<count { table.append(first + UInt32(next)) }
        table.append(Self.endOfChain(geometry.width))
        return first
    }

    private static func endOfChain(_ width: FATGeometry.Width) -> UInt32 {
        switch width {
        case .fat12: 0xFFF
        case .fat16: 0xFFFF
        case .fat32: 0x0FFF_FFFF
        }
    }

    private func copy(_ source: FilePath, size: UInt64, to first: UInt32) throws {
        guard size > 0 else { return }
        let file = try ImageFile.open(source)
        var done: UInt64 = 0
        while done < size {
            var buffer = [UInt8](repeating: 0, count: Int(min(size - done, UInt64(Self.copyLength))))
            try buffer.withUnsafeMutableBytes { try file.read(at: done, into: $0) }
            // Holes stay holes: the filesystem is fresh.
            if buffer.contains(where: { $0 != 0 }) { try write(buffer, geometry.offset(ofCluster: first) + done) }
            done += UInt64(buffer.count)
        }
    }
}
