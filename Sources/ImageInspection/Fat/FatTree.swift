import DiskFormats

/// Reads a whole FAT file system, which is as a rule that of an EFI system partition.
///
/// The format knows no owners and modes: everything is root's, as Linux shows it when it mounts one.
package struct FatTree {
    private static let deepest = 64

    private let reader: FatReader
    /// Clusters that may still be read: all files together cannot have more than there are.
    private var budget: UInt64

    /// Nil if there is no such file system.
    package init?(_ window: DiskWindow) throws {
        guard let reader = try FatReader(window) else { return nil }
        self.reader = reader
        budget = reader.geometry.clusterCount
    }

    package mutating func read(into sink: inout some ForeignTreeSink) throws {
        try visit([], reader.root(), modified: 0, depth: 0, &sink)
    }

    private mutating func visit(
        _ name: [UInt8], _ bytes: [UInt8], modified: Int64, depth: Int, _ sink: inout some ForeignTreeSink
    ) throws {
        guard depth <= Self.deepest else { throw Self.malformed("a directory is inside of itself") }
        try sink.enter(name, Self.file(.directory, mode: 0o755, size: 0, modified))
        for item in reader.entries(of: bytes) where item.name != "." && item.name != ".." {
            let name = Array(item.name.utf8)
            guard !name.isEmpty, !name.contains(0), !name.contains(UInt8(ascii: "/")) else {
                throw Self.malformed("a name has a slash in it")
            }
            if item.isDirectory {
                let bytes = try reader.chain(from: item.cluster)
                try spend(UInt64(bytes.count) / reader.geometry.clusterSize)
                try visit(name, bytes, modified: item.modified, depth: depth + 1, &sink)
            } else {
                let file = Self.file(.file, mode: 0o644, size: item.size, item.modified)
                try sink.add(name, file, contents(of: item))
            }
        }
        try sink.leave()
    }

    private mutating func contents(of item: FatReader.Item) throws -> ForeignContents {
        let size = reader.geometry.clusterSize
        var pieces: [ForeignContents.Piece] = []
        var (done, cluster) = (UInt64(0), item.cluster)
        while done < item.size {
            guard let offset = reader.geometry.offset(ofCluster: cluster) else {
                throw Self.malformed("a file ends before its size")
            }
            try spend(1)
            let count = min(size, item.size - done)
            if let last = pieces.last, last.diskOffset + last.size == offset {
                pieces[pieces.count - 1].size += count
            } else {
                pieces.append(ForeignContents.Piece(fileOffset: done, diskOffset: offset, size: count))
            }
            done += count
            if done < item.size { cluster = try reader.next(after: cluster) }
        }
        return ForeignContents(size: item.size, pieces: pieces, window: reader.window)
    }

    private mutating func spend(_ clusters: UInt64) throws {
        guard clusters <= budget else { throw Self.malformed("its files have more clusters than there are") }
        budget -= clusters
    }

    private static func file(
        _ kind: ForeignFile.Kind, mode: UInt16, size: UInt64, _ modified: Int64
    ) -> ForeignFile {
        ForeignFile(
            kind: kind, mode: mode, owner: 0, group: 0, size: size,
            modified: .init(seconds: modified, nanoseconds: 0), attributes: [], identity: nil)
    }

    private static func malformed(_ reason: String) -> ImageInspectionError {
        ImageInspectionError(.malformed, "read FAT", reason)
    }
}
