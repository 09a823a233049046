package import DiskFormats

/// Reads directories of a FAT file system, as firmware does that looks for a boot loader.
///
/// Names are as they were written: long ones where there are any, else short ones.
package struct FatReader {
    struct Item: Hashable {
        let name: String
        let isDirectory: Bool
        let cluster: UInt64
        /// Of files only.
        let size: UInt64
        /// Seconds since 1970; the format does not say of which time zone.
        let modified: Int64
    }

    /// More than any system partition holds; ends loops in the chain of clusters, too.
    private static let largestDirectory = 1 << 20
    /// A long name has at most 255 characters, 13 in a piece.
    private static let mostPieces = 20

    let window: DiskWindow
    let geometry: FatGeometry

    /// Nil if there is no such file system.
    package init?(_ window: DiskWindow) throws(DiskFormatError) {
        guard let geometry = FatGeometry(try window.readAvailable(at: 0, count: 512)) else { return nil }
        self.window = window
        self.geometry = geometry
    }

    /// Names in a directory, sorted; empty if it is not there.
    ///
    /// Letters may be large or small.
    package func names(in path: [String]) throws(DiskFormatError) -> [String] {
        var items = try entries(of: root())
        for component in path {
            guard let item = items.first(where: { $0.isDirectory && $0.name.lowercased() == component.lowercased() })
            else { return [] }
            items = try entries(of: chain(from: item.cluster))
        }
        return items.map(\.name).filter { $0 != "." && $0 != ".." }.sorted()
    }

    func root() throws(DiskFormatError) -> [UInt8] {
        if geometry.width == .bits32 { return try chain(from: geometry.rootCluster) }
        return try window.readAvailable(at: geometry.rootOffset, count: Int(geometry.rootSize))
    }

    func chain(from first: UInt64) throws(DiskFormatError) -> [UInt8] {
        var bytes: [UInt8] = []
        var cluster = first
        while let offset = geometry.offset(ofCluster: cluster), bytes.count < Self.largestDirectory {
            bytes += try window.readAvailable(at: offset, count: Int(geometry.clusterSize))
            cluster = try next(after: cluster)
        }
        return bytes
    }

    func next(after cluster: UInt64) throws(DiskFormatError) -> UInt64 {
        switch geometry.width {
        case .bits32:
            return UInt64(
                try window.read(at: geometry.tableOffset + cluster * 4, count: 4).littleEndian(UInt32.self, at: 0)
                    & 0x0FFF_FFFF)
        case .bits16:
            return UInt64(
                try window.read(at: geometry.tableOffset + cluster * 2, count: 2).littleEndian(UInt16.self, at: 0))
        case .bits12:
            let pair = try window.read(at: geometry.tableOffset + cluster * 3 / 2, count: 2).littleEndian(
                UInt16.self, at: 0)
            return UInt64(cluster.isMultiple(of: 2) ? pair & 0xFFF : pair >> 4)
        }
    }

    func entries(of bytes: [UInt8]) -> [Item] {
        var items: [Item] = []
        // Pieces of a long name come before the entry they name, the last one first.
        var long: [UInt16] = []
        for start in stride(from: 0, through: bytes.count - 32, by: 32) {
            let entry = Array(bytes[start..<start + 32])
            if entry[0] == 0 { break }
            if entry[0] == 0xE5 {
                long = []
            } else if entry[11] & 0x3F == 0x0F {
                let offsets = Array(stride(from: 1, to: 11, by: 2)) + Array(stride(from: 14, to: 26, by: 2)) + [28, 30]
                long = offsets.map { entry.littleEndian(UInt16.self, at: $0) } + long.prefix((Self.mostPieces - 1) * 13)
            } else {
                if entry[11] & 0x08 == 0 { items.append(Self.item(entry, long: long)) }
                long = []
            }
        }
        return items
    }

    private static func item(_ entry: [UInt8], long: [UInt16]) -> Item {
        func text(_ range: Range<Int>) -> String {
            String(decoding: entry[range], as: UTF8.self).trimmingSuffix(" ")
        }
        // Windows NT's way to store a name of small letters without a long one.
        let stem = entry[12] & 0x08 == 0 ? text(0..<8) : text(0..<8).lowercased()
        let suffix = entry[12] & 0x10 == 0 ? text(8..<11) : text(8..<11).lowercased()
        let short = suffix.isEmpty ? stem : "\(stem).\(suffix)"
        let name = String(decoding: long.prefix { $0 != 0 && $0 != 0xFFFF }, as: UTF16.self)
        let cluster =
            UInt64(entry.littleEndian(UInt16.self, at: 20)) << 16 | UInt64(entry.littleEndian(UInt16.self, at: 26))
        return Item(
            name: name.isEmpty ? short : name, isDirectory: entry[11] & 0x10 != 0, cluster: cluster,
            size: UInt64(entry.littleEndian(UInt32.self, at: 28)),
            modified: Self.seconds(
                date: entry.littleEndian(UInt16.self, at: 24), time: entry.littleEndian(UInt16.self, at: 22)))
    }

    /// Days are counted as in the proleptic Gregorian calendar, years beginning with March.
    private static func seconds(date: UInt16, time: UInt16) -> Int64 {
        let (year, month, day) = (Int64(date >> 9) + 1980, Int64(date >> 5 & 15), Int64(date & 31))
        let shifted = month > 2 ? (year, month - 3) : (year - 1, month + 9)
        let days = shifted.0 * 365 + shifted.0 / 4 - shifted.0 / 100 + shifted.0 / 400
        let day1970: Int64 = 719_468
        let total = days + (shifted.1 * 153 + 2) / 5 + max(day, 1) - 1 - day1970
        return total * 86400 + Int64(time >> 11) * 3600 + Int64(time >> 5 & 63) * 60 + Int64(time & 31) * 2
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var result = self
        while result.last == character { result.removeLast() }
        return result
    }
}
