import Synchronization

/// Reads VMDK images of one file: `monolithicSparse` and `streamOptimized`.
///
/// A descriptor that names other files is refused, so none is ever opened. Grain tables are read when needed and the
/// last ones kept; the directory is bounded by the file's size.
package final class VmdkReader: GuestImage {
    package let size: UInt64
    let file: ImageFile
    package var files: [ImageFile] { [file] }
    let fileSize: UInt64
    let header: VmdkHeader
    /// By grain table: its sector, 0 if there is none.
    let directory: [UInt32]
    /// A compressed grain is inflated as a whole.
    package var readGrain: UInt64 { header.flags.contains(.compressed) ? header.grainSize : 1 }
    private let cache = Mutex(TableCache())

    static func recognises(_ start: [UInt8]) -> Bool {
        start.starts(with: VmdkHeader.magic) || start.starts(with: Array(VmdkDescriptor.firstLine.utf8))
            || start.starts(with: Array("COWD".utf8))
    }

    init(_ file: ImageFile) throws {
        let start = try file.bytes(at: 0, count: min(VmdkHeader.length, Int(clamping: try file.size())))
        guard start.starts(with: VmdkHeader.magic) else {
            throw file.unsupported("its data is in other files, or it is of an older kind than is read here")
        }
        self.file = file
        fileSize = try file.size()
        let front = try VmdkHeader(parsing: start, of: file)
        header = try front.directorySector == VmdkHeader.directoryAtEnd ? Self.footer(of: file, fileSize) : front
        size = header.capacity * 512
        try Self.checkDescriptor(front, file, fileSize)
        directory = try Self.directory(header, file, fileSize)
    }

    /// The last three sectors: a marker, the header once more, the end of the stream.
    private static func footer(of file: ImageFile, _ fileSize: UInt64) throws -> VmdkHeader {
        guard fileSize >= 4 * 512 else { throw file.malformed("it ends before its footer") }
        let bytes = try file.bytes(at: fileSize - 3 * 512, count: 3 * 512)
        guard bytes.littleEndian(UInt32.self, at: 8) == 0,
            bytes.littleEndian(UInt32.self, at: 12) == VmdkMarker.footer.rawValue
        else { throw file.malformed("it ends without a footer") }
        let header = try VmdkHeader(parsing: Array(bytes[512..<1024]), of: file)
        guard header.directorySector != VmdkHeader.directoryAtEnd else {
            throw file.malformed("its footer does not say where the directory is")
        }
        return header
    }

    private static func checkDescriptor(_ header: VmdkHeader, _ file: ImageFile, _ fileSize: UInt64) throws {
        guard header.descriptorSector > 0, header.descriptorSectors > 0 else { return }
        guard header.descriptorSectors <= VmdkDescriptor.largestLength / 512,
            header.descriptorSector <= fileSize / 512
        else { throw file.malformed("its descriptor lies outside the file, or is too long") }
        let bytes = try file.bytes(
            at: header.descriptorSector * 512, count: Int(header.descriptorSectors * 512))
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        try VmdkDescriptor.refuseOtherFiles(text, of: file)
    }

    /// Every table must lie in the file and be named once.
    private static func directory(_ header: VmdkHeader, _ file: ImageFile, _ fileSize: UInt64) throws -> [UInt32] {
        let count = header.tableCount
        // 8 MiB of directory are 64 TiB of disk in usual grains, beyond what VMware makes.
        guard header.directorySector <= fileSize / 512, count * 4 <= fileSize - header.directorySector * 512,
            count * 4 <= 8 << 20
        else { throw file.malformed("its grain directory lies outside the file") }
        let bytes = try file.bytes(at: header.directorySector * 512, count: Int(count) * 4)
        let sectors = (0..<Int(count)).map { bytes.littleEndian(UInt32.self, at: $0 * 4) }
        let used = sectors.filter { $0 != 0 }.sorted()
        let length = UInt64(header.tableEntryCount) * 4
        guard used.allSatisfy({ UInt64($0) * 512 + length <= fileSize }) else {
            throw file.malformed("a grain table lies outside the file")
        }
        guard zip(used, used.dropFirst()).allSatisfy({ $0 != $1 }) else {
            throw file.malformed("a grain table is used twice")
        }
        return sectors
    }

    /// The places of the grains that a table has, in sectors; 0 and, where the flag says so, 1 stand for zeros.
    func table(_ index: Int) throws -> [UInt32]? {
        guard directory[index] != 0 else { return nil }
        if let cached = cache.withLock({ $0[index] }) { return cached }
        let count = Int(header.tableEntryCount)
        let bytes = try file.bytes(at: UInt64(directory[index]) * 512, count: count * 4)
        let marksZeros = header.flags.contains(.zeroedGrains)
        let entries = (0..<count).map { position -> UInt32 in
            let entry = bytes.littleEndian(UInt32.self, at: position * 4)
            return entry == 1 && marksZeros ? 0 : entry
        }
        cache.withLock { $0[index] = entries }
        return entries
    }

    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size else { return nil }
        let entries = UInt64(header.tableEntryCount)
        var grain = offset / header.grainSize
        while grain < header.grainCount {
            let index = Int(grain / entries)
            let first = UInt64(index) * entries
            let end = min(first + entries, header.grainCount)
            if let table = try table(index) {
                let rest = table[Int(grain - first)..<Int(end - first)]
                if let start = rest.firstIndex(where: { $0 != 0 }) {
                    let stop = rest[start...].firstIndex { $0 == 0 } ?? rest.endIndex
                    let lower = (first + UInt64(start)) * header.grainSize
                    return max(offset, lower)..<min(size, (first + UInt64(stop)) * header.grainSize)
                }
            }
            grain = end
        }
        return nil
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        try requireWithin(offset, buffer.count, file)
        let reading = VmdkGrainReading(file: file, fileSize: fileSize, header: header)
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            let within = Int(position % header.grainSize)
            let count = min(buffer.count - done, Int(header.grainSize) - within)
            let grain = position / header.grainSize
            let entry = try table(Int(grain / UInt64(header.tableEntryCount)))?[
                Int(grain % UInt64(header.tableEntryCount))]
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<(done + count)])
            try reading.read(grain: grain, sector: entry ?? 0, from: within, into: piece)
            done += count
        }
    }
}

/// The grain tables used last: 2 KiB each, a megabyte of them.
private struct TableCache {
    private static let capacity = 512
    private var tables: [Int: [UInt32]] = [:]
    private var order: [Int] = []

    subscript(index: Int) -> [UInt32]? {
        get { tables[index] }
        set {
            if tables[index] == nil { order.append(index) }
            tables[index] = newValue
            if order.count > Self.capacity { tables[order.removeFirst()] = nil }
        }
    }
}
