import Synchronization
package import SystemPackage

/// Reads the guest's disk out of a qcow2 file, which may come from anywhere.
///
/// Nothing in the file is trusted: sizes are checked before memory is taken for them, offsets before they are followed, and no
/// second-level table is accepted twice, so that the work is bounded by the file's own size. A backing file and an external data file
/// are refused: they name files of this machine. Reads version 2 and 3, deflate and zstd; snapshots are ignored.
package final class Qcow2Reader: GuestImage {
    package let file: ImageFile
    package let header: Qcow2Header
    package var size: UInt64 { header.virtualSize }

    private let geometry: Qcow2Geometry
    private let fileSize: UInt64
    /// Offsets of the second-level tables, zero where there is none.
    private let l1: [UInt64]
    private let cache: Mutex<L2Cache>

    package init(_ path: FilePath) throws {
        file = try .open(path)
        fileSize = try file.size()
        header = try Self.header(of: file)
        geometry = header.geometry
        try Self.refuseWhatWeCannotRead(header, path)
        l1 = try Self.readL1(header, file: file, fileSize: fileSize)
        cache = Mutex(L2Cache(geometry: header.geometry))
    }

    /// The header alone, also of images whose contents this reader refuses.
    package static func header(of file: ImageFile) throws -> Qcow2Header {
        var bytes = [UInt8](repeating: 0, count: Qcow2Header.parsedLength)
        let count = try bytes.withUnsafeMutableBytes { try file.readAvailable(at: 0, into: $0) }
        return try Qcow2Header(parsing: Array(bytes[..<count]), name: file.path.string)
    }

    private static func refuseWhatWeCannotRead(_ header: Qcow2Header, _ path: FilePath) throws {
        func refuse(_ reason: String) -> DiskFormatError { DiskFormatError(.unsupported, "read '\(path)'", reason) }
        if header.hasBackingFile { throw refuse("it needs a backing file") }
        if header.encryptionMethod != 0 { throw refuse("it is encrypted") }
        let features = header.incompatible
        if features.contains(.externalData) { throw refuse("its data is in another file") }
        if features.contains(.extendedL2) { throw refuse("it has extended second-level entries") }
        if features.contains(.corrupt) { throw refuse("it is marked as corrupt") }
        let unknown = features.subtracting([.dirty, .compressionType])
        if !unknown.isEmpty { throw refuse("it has unknown features (\(String(unknown.rawValue, radix: 16)))") }
    }

    /// Reads the first-level table; every table it names must lie in the file and be named once.
    private static func readL1(_ header: Qcow2Header, file: ImageFile, fileSize: UInt64) throws -> [UInt64] {
        let count = header.geometry.l1EntryCount
        guard header.l1Offset <= fileSize, UInt64(count) * 8 <= fileSize - header.l1Offset else {
            throw malformed(file, "its first-level table lies outside the file")
        }
        var offsets = try readTable(file, at: header.l1Offset, count: count)
        for index in offsets.indices { offsets[index] &= L2Entry.offsetMask }
        let sorted = offsets.filter { $0 != 0 }.sorted()
        for offset in sorted {
            guard offset % header.clusterSize == 0, offset <= fileSize, header.clusterSize <= fileSize - offset else {
                throw malformed(file, "a second-level table lies outside the file")
            }
        }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0 != $1 }) else {
            throw malformed(file, "a second-level table is used twice")
        }
        return offsets
    }

    private static func readTable(_ file: ImageFile, at offset: UInt64, count: Int) throws -> [UInt64] {
        var entries = [UInt64](repeating: 0, count: count)
        try entries.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        for index in entries.indices { entries[index] = UInt64(bigEndian: entries[index]) }
        return entries
    }

    static func malformed(_ file: ImageFile, _ reason: String) -> DiskFormatError {
        DiskFormatError(.malformed, "read '\(file.path)'", reason)
    }

    /// The second-level table that maps a part of the disk; nil if nothing there is allocated.
    private func table(_ index: Int) throws -> [UInt64]? {
        guard l1[index] != 0 else { return nil }
        if let cached = cache.withLock({ $0[index] }) { return cached }
        let table = try Self.readTable(file, at: l1[index], count: geometry.l2EntryCount)
        cache.withLock { $0[index] = table }
        return table
    }

    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size else { return nil }
        let bits = UInt64(geometry.clusterBits)
        var cluster = offset >> bits
        while cluster < geometry.clusterCount {
            let index = Int(cluster) / geometry.l2EntryCount
            let tableStart = UInt64(index * geometry.l2EntryCount)
            let tableEnd = min(tableStart + UInt64(geometry.l2EntryCount), geometry.clusterCount)
            if let table = try table(index) {
                let entries = table[Int(cluster - tableStart)..<Int(tableEnd - tableStart)]
                if let first = entries.firstIndex(where: isData) {
                    let end = entries[first...].firstIndex { !isData($0) } ?? entries.endIndex
                    let start = max(offset, (tableStart + UInt64(first)) << bits)
                    return start..<min(size, (tableStart + UInt64(end)) << bits)
                }
            }
            cluster = tableEnd
        }
        return nil
    }

    private func isData(_ entry: UInt64) -> Bool {
        L2Entry(rawValue: entry).mapping(clusterBits: geometry.clusterBits) != .zero
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw DiskFormatError(.invalidRequest, "read '\(file.path)'", "byte \(offset) is past the disk's end")
        }
        let reading = Qcow2ClusterReading(file: file, fileSize: fileSize, header: header)
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            let within = Int(position & (geometry.clusterSize - 1))
            let count = min(buffer.count - done, Int(geometry.clusterSize) - within)
            let cluster = Int(position >> UInt64(geometry.clusterBits))
            let entry = try table(cluster / geometry.l2EntryCount)?[cluster % geometry.l2EntryCount] ?? 0
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)])
            try reading.read(L2Entry(rawValue: entry), from: within, into: piece)
            done += count
        }
    }
}

/// The second-level tables used last, a few MiB of them.
private struct L2Cache {
    private let capacity: Int
    private var tables: [Int: [UInt64]] = [:]
    private var order: [Int] = []

    init(geometry: Qcow2Geometry) { capacity = max(2, Int((4 << 20) / geometry.clusterSize)) }

    subscript(index: Int) -> [UInt64]? {
        get { tables[index] }
        set {
            if tables[index] == nil { order.append(index) }
            tables[index] = newValue
            if order.count > capacity { tables[order.removeFirst()] = nil }
        }
    }
}
