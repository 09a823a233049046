import Synchronization
package import SystemPackage

/// Reads the guest's disk out of a qcow2 file, which may come from anywhere.
///
/// Nothing in the file is trusted: sizes are checked before memory is taken for them, offsets before they are followed, and no
/// second-level table is accepted twice, so that the work is bounded by the file's own size. A backing file is refused unless the
/// caller allows it, an external data file always: they name files of this machine. Reads version 2 and 3, deflate and zstd,
/// extended entries; snapshots are ignored.
package final class Qcow2Reader: GuestImage {
    /// What to do with an image that names another file below it.
    package enum BackingAccess: Sendable {
        case refused
        /// The file is opened, and at most so many files below it.
        case allowed(depth: Int = 8)
    }

    package let file: ImageFile
    package let header: Qcow2Header
    package var size: UInt64 { header.virtualSize }
    /// Compressed clusters are decompressed whole.
    package var readGrain: UInt64 { header.clusterSize }
    package var files: [ImageFile] { [file] + (backing?.files ?? []) }

    private let geometry: Qcow2Geometry
    private let fileSize: UInt64
    /// Offsets of the second-level tables, zero where there is none.
    private let l1: [UInt64]
    private let cache: Mutex<L2Cache>
    private let backing: (any GuestImage)?

    package init(_ path: FilePath, backing access: BackingAccess = .refused) throws {
        file = try .open(path)
        fileSize = try file.size()
        header = try Self.header(of: file)
        geometry = header.geometry
        try Self.refuseWhatWeCannotRead(header, path)
        l1 = try Self.readL1(header, file: file, fileSize: fileSize)
        cache = Mutex(L2Cache(geometry: header.geometry))
        backing = try Self.backing(of: file, header: header, access)
    }

    private static func backing(
        of file: ImageFile, header: Qcow2Header, _ access: BackingAccess
    ) throws -> (any GuestImage)? {
        guard let backing = try Qcow2Backing(of: file, header: header) else { return nil }
        guard case .allowed(let depth) = access else {
            throw DiskFormatError(.unsupported, "read '\(file.path)'", "it needs a backing file")
        }
        return try backing.open(from: file.path.removingLastComponent(), depth: depth)
    }

    /// The header alone, also of images whose contents this reader refuses.
    package static func header(of file: ImageFile) throws -> Qcow2Header {
        var bytes = [UInt8](repeating: 0, count: Qcow2Header.parsedLength)
        let count = try bytes.withUnsafeMutableBytes { try file.readAvailable(at: 0, into: $0) }
        return try Qcow2Header(parsing: Array(bytes[..<count]), name: file.path.string)
    }

    private static func refuseWhatWeCannotRead(_ header: Qcow2Header, _ path: FilePath) throws {
        func refuse(_ reason: String) -> DiskFormatError { DiskFormatError(.unsupported, "read '\(path)'", reason) }
        if header.encryptionMethod != 0 { throw refuse("it is encrypted") }
        let features = header.incompatible
        if features.contains(.externalData) { throw refuse("its data is in another file") }
        if features.contains(.corrupt) { throw refuse("it is marked as corrupt") }
        let unknown = features.subtracting([.dirty, .compressionType, .extendedL2])
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
        let table = try Self.readTable(file, at: l1[index], count: geometry.l2EntryCount * geometry.wordsPerEntry)
        cache.withLock { $0[index] = table }
        return table
    }

    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size else { return nil }
        let own = try ownDataRange(after: offset)
        guard let backing, let below = try backing.dataRange(after: offset), below.lowerBound < size else { return own }
        if let own, own.lowerBound <= below.lowerBound { return own }
        return below.lowerBound..<min(below.upperBound, size)
    }

    private func ownDataRange(after offset: UInt64) throws -> Range<UInt64>? {
        let bits = UInt64(geometry.clusterBits)
        var cluster = offset >> bits
        while cluster < geometry.clusterCount {
            let index = Int(cluster) / geometry.l2EntryCount
            let tableStart = UInt64(index * geometry.l2EntryCount)
            let tableEnd = min(tableStart + UInt64(geometry.l2EntryCount), geometry.clusterCount)
            if let table = try table(index) {
                let entries = Int(cluster - tableStart)..<Int(tableEnd - tableStart)
                if let first = entries.first(where: { isData(table, $0) }) {
                    let end = entries[first...].first { !isData(table, $0) } ?? entries.upperBound
                    let start = max(offset, (tableStart + UInt64(first)) << bits)
                    return start..<min(size, (tableStart + UInt64(end)) << bits)
                }
            }
            cluster = tableEnd
        }
        return nil
    }

    private func isData(_ table: [UInt64], _ entry: Int) -> Bool {
        if geometry.hasExtendedL2 {
            let isCompressed = table[2 * entry] & L2Entry.compressedFlag != 0
            return isCompressed || UInt32(truncatingIfNeeded: table[2 * entry + 1]) != 0
        }
        switch L2Entry(rawValue: table[entry]).mapping(clusterBits: geometry.clusterBits) {
        case .absent, .zero: return false
        case .stored, .compressed: return true
        }
    }

    /// Where the byte at `position` comes from, and for how many bytes that holds at least.
    private func place(of position: UInt64) throws -> (mapping: L2Entry.Mapping, count: UInt64) {
        let within = position & (geometry.clusterSize - 1)
        let cluster = Int(position >> UInt64(geometry.clusterBits))
        guard let table = try table(cluster / geometry.l2EntryCount) else {
            return (.absent, geometry.l2Coverage - position % geometry.l2Coverage)
        }
        let index = cluster % geometry.l2EntryCount * geometry.wordsPerEntry
        let entry = L2Entry(rawValue: table[index])
        let mapping: L2Entry.Mapping
        var count = geometry.clusterSize - within
        if geometry.hasExtendedL2, table[index] & L2Entry.compressedFlag == 0 {
            let partSize = geometry.clusterSize / 32
            count = partSize - within % partSize
            guard let part = entry.part(Int(within / partSize), bitmap: table[index + 1]) else {
                throw Self.malformed(file, "a part of a cluster is both there and zero, or nowhere")
            }
            mapping = part
        } else {
            mapping = entry.mapping(clusterBits: geometry.clusterBits)
        }
        guard case .stored(let offset) = mapping else { return (mapping, count) }
        guard offset % geometry.clusterSize == 0 else {
            throw Self.malformed(file, "a cluster does not start at a cluster")
        }
        guard offset < fileSize else { throw Self.malformed(file, "a cluster lies outside the file") }
        return (.stored(offset: offset + within), count)
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw DiskFormatError(.invalidRequest, "read '\(file.path)'", "byte \(offset) is past the disk's end")
        }
        let reading = Qcow2ClusterReading(file: file, fileSize: fileSize, header: header)
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            let wanted = UInt64(buffer.count - done)
            let run = try run(from: position, atMost: wanted)
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + Int(run.count))])
            switch run.mapping {
            case .zero: piece.initializeMemory(as: UInt8.self, repeating: 0)
            case .absent: try readBelow(at: position, into: piece)
            case .stored(let place): try reading.readStored(at: place, into: piece)
            case .compressed(let place, let byteCount):
                let within = Int(position & (geometry.clusterSize - 1))
                try reading.readCompressed(at: place, byteCount: byteCount, from: within, into: piece)
            }
            done += Int(run.count)
        }
    }

    /// As `place(of:)`, with the clusters that follow in the file too, so that one call reads them all.
    private func run(
        from position: UInt64, atMost limit: UInt64
    ) throws -> (mapping: L2Entry.Mapping, count: UInt64) {
        var (mapping, count) = try place(of: position)
        while count < limit {
            let next = try place(of: position + count)
            switch (mapping, next.mapping) {
            case (.zero, .zero), (.absent, .absent): count += next.count
            case (.stored(let first), .stored(let second)) where second == first + count: count += next.count
            default: return (mapping, count)
            }
        }
        return (mapping, min(count, limit))
    }

    private func readBelow(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        if let backing { return try backing.readPadded(at: offset, into: buffer) }
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
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
