package import SystemPackage

/// Fills an empty FAT filesystem inside an image file, where no kernel driver is there to mount it.
///
/// The filesystem has been made by mkfs.vfat, which decides geometry, label and identifier. Everything is written in one
/// pass and in a fixed order, each file in one piece; no time zone, locale or clock takes part.
package struct FATVolume {
    /// How full a filesystem is, in bytes.
    package struct Usage: Hashable, Sendable {
        package let used: UInt64
        package let capacity: UInt64
    }

    package let geometry: FATGeometry
    private let file: ImageFile
    private let offset: UInt64
    private let attempt: String

    /// The filesystem at `offset` bytes of a file or block device.
    package init(_ path: FilePath, offset: UInt64 = 0) throws {
        attempt = "fill the FAT filesystem at byte \(offset) of '\(path)'"
        self.offset = offset
        let file = try ImageFile.update(path)
        var sector = [UInt8](repeating: 0, count: 512)
        try sector.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        self.file = file
        geometry = try FATGeometry(bootSector: sector, attempt: attempt)
    }

    /// Writes the tree; times later than `latest` become it.
    ///
    /// Nothing is written if there is no room.
    ///
    /// Not synchronised: who has filled all of an image does that once.
    @discardableResult
    package func fill(_ items: [FATItem], latest: Int64? = nil) throws -> Usage {
        var label = try rootLabel()
        // mkfs.vfat takes the time from the clock, whatever it is told.
        if let latest { label = label.map { FATDirectory.dated($0, FATTimestamp(secondsSince1970: latest)) } }
        let needed = clusters(for: items, isRoot: true, hasLabel: label != nil)
        try refuseUnlessRoom(items, clusters: needed, hasLabel: label != nil)
        var filling = FATPass(geometry: geometry, latest: latest) { bytes, position in
            try bytes.withUnsafeBytes { try file.write($0, at: offset + position) }
        }
        try filling.writeRoot(items, label: label)
        try writeTables(filling.table)
        try writeInfo(next: UInt32(filling.table.count))
        return Usage(used: needed * geometry.clusterSize, capacity: geometry.capacity)
    }

    /// The entry of the volume's label, if there is one; mkfs.vfat writes no other.
    private func rootLabel() throws -> [UInt8]? {
        let isWide = geometry.width == .fat32
        let place = isWide ? geometry.offset(ofCluster: geometry.rootCluster) : geometry.rootOffset
        var bytes = [UInt8](repeating: 0, count: 2 * FATDirectory.entrySize)
        try bytes.withUnsafeMutableBytes { try file.read(at: offset + place, into: $0) }
        let hasLabel = bytes[0] != 0 && bytes[11] & 0x3F == FATDirectory.Attribute.label
        guard bytes[hasLabel ? 32 : 0] == 0 else {
            throw DiskFormatError(.invalidRequest, attempt, "it is not empty")
        }
        return hasLabel ? Array(bytes[..<32]) : nil
    }

    private func refuseUnlessRoom(_ items: [FATItem], clusters: UInt64, hasLabel: Bool) throws {
        guard clusters <= geometry.clusterCount else {
            throw DiskFormatError(
                .noSpace, attempt,
                "no space left: the files take \(clusters * geometry.clusterSize) bytes in clusters of "
                    + "\(geometry.clusterSize), it has room for \(geometry.capacity)")
        }
        let slots = FATPass.slots(of: items, extra: hasLabel ? 1 : 0)
        if geometry.width != .fat32, slots > geometry.rootEntryCount {
            throw DiskFormatError(
                .noSpace, attempt,
                "no space left: its root directory has room for \(geometry.rootEntryCount) entries, and \(slots) are needed"
            )
        }
        try refuseHugeDirectory(items, extra: 1)
    }

    private func refuseHugeDirectory(_ items: [FATItem], extra: Int) throws {
        guard FATPass.slots(of: items, extra: extra) <= FATDirectory.entryLimit else {
            throw DiskFormatError(
                .invalidRequest, attempt, "a directory has more than \(FATDirectory.entryLimit) entries")
        }
        for case .directory(let children) in items.map(\.content) { try refuseHugeDirectory(children, extra: 2) }
    }

    private func clusters(for items: [FATItem], isRoot: Bool, hasLabel: Bool = false) -> UInt64 {
        let slots = FATPass.slots(of: items, extra: isRoot ? (hasLabel ? 1 : 0) : 2)
        let own = max(1, geometry.clusters(for: UInt64(slots * FATDirectory.entrySize)))
        return items.reduce(isRoot && geometry.width != .fat32 ? 0 : own) { sum, item in
            switch item.content {
            case .file(_, let size): sum + geometry.clusters(for: size)
            case .directory(let children): sum + clusters(for: children, isRoot: false)
            }
        }
    }

    /// All copies of the table; the first two entries are mkfs.vfat's.
    private func writeTables(_ table: [UInt32]) throws {
        var reserved = [UInt8](repeating: 0, count: 8)
        try reserved.withUnsafeMutableBytes { try file.read(at: offset + geometry.tableOffset, into: $0) }
        var bytes: [UInt8]
        switch geometry.width {
        case .fat12:
            bytes = Array(reserved[..<3])
            for pair in stride(from: 2, to: table.count, by: 2) {
                let both = table[pair] | (pair + 1 < table.count ? table[pair + 1] : 0) << 12
                bytes += [UInt8(both & 0xFF), UInt8(both >> 8 & 0xFF), UInt8(both >> 16 & 0xFF)]
            }
        case .fat16:
            bytes = Array(reserved[..<4])
            for entry in table.dropFirst(2) { bytes += [UInt8(entry & 0xFF), UInt8(entry >> 8 & 0xFF)] }
        case .fat32:
            bytes = reserved
            for entry in table.dropFirst(2) {
                for shift in [0, 8, 16, 24] { bytes.append(UInt8(entry >> UInt32(shift) & 0xFF)) }
            }
        }
        for copy in 0..<geometry.tableCount {
            try bytes.withUnsafeBytes {
                try file.write($0, at: offset + geometry.tableOffset + copy * geometry.tableSize)
            }
        }
    }

    /// FAT32's hint how many clusters are free and where the next one is.
    private func writeInfo(next: UInt32) throws {
        guard let place = geometry.infoOffset else { return }
        var sector = [UInt8](repeating: 0, count: 512)
        try sector.withUnsafeMutableBytes { try file.read(at: offset + place, into: $0) }
        guard sector.littleEndian(UInt32.self, at: 0) == 0x4161_5252,
            sector.littleEndian(UInt32.self, at: 484) == 0x6141_7272
        else { return }
        let free = UInt32(geometry.clusterCount) + 2 - next
        sector.setLittleEndian(free, at: 488)
        sector.setLittleEndian(free == 0 ? UInt32.max : next, at: 492)
        try sector.withUnsafeBytes { try file.write($0, at: offset + place) }
    }
}
