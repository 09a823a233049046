import Glibc
import SystemPackage

/// Copies the contents of files into an archive; holes are not read.
final class FileCopier {
    /// A file opened for reading, with its data ranges; none if it has no holes.
    final class Contents {
        let descriptor: Int32
        let size: Int64
        let holesAware: [Range<Int64>]

        fileprivate init(descriptor: Int32, size: Int64, holesAware: [Range<Int64>]) {
            (self.descriptor, self.size, self.holesAware) = (descriptor, size, holesAware)
        }

        deinit { close(descriptor) }
    }

    private let writer: ArchiveWriter
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private let zeros = [UInt8](repeating: 0, count: 1 << 20)

    init(writer: ArchiveWriter) { self.writer = writer }

    func open(_ entry: TreeEntry) throws -> Contents {
        let descriptor = entry.access.withPlatformString { Glibc.open($0, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw entry.failure("open") }
        let size = Int64(entry.status.st_size)
        let isSparse = Int64(entry.status.st_blocks) * 512 < size
        let ranges = isSparse ? Self.dataRanges(descriptor, size: size) : []
        return Contents(descriptor: descriptor, size: size, holesAware: ranges)
    }

    // lseek(2); Swift's module of the C library leaves them out.
    private static let seekData: Int32 = 3
    private static let seekHole: Int32 = 4

    /// Asks the file system; a file that is one hole gets an empty range at its end, which says so.
    private static func dataRanges(_ descriptor: Int32, size: Int64) -> [Range<Int64>] {
        var ranges: [Range<Int64>] = []
        var offset: Int64 = 0
        while offset < size {
            let start = Int64(lseek(descriptor, Int(offset), seekData))
            if start < 0 || start >= size { break }
            let end = min(size, Int64(lseek(descriptor, Int(start), seekHole)))
            guard end > start else { return [] }
            ranges.append(start..<end)
            offset = end
        }
        if ranges.count == 1, ranges[0] == 0..<size { return [] }
        return ranges.isEmpty ? [size..<size] : ranges
    }

    func copy(_ contents: Contents, of entry: TreeEntry) throws {
        let name = entry.name
        if contents.holesAware.isEmpty { return try copyData(0..<contents.size, contents, name) }
        var offset: Int64 = 0
        for range in contents.holesAware {
            try copyHole(range.lowerBound - offset, name)
            try copyData(range, contents, name)
            offset = range.upperBound
        }
        try copyHole(contents.size - offset, name)
    }

    private func copyData(_ range: Range<Int64>, _ contents: Contents, _ name: String) throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(buffer.count), range.upperBound - offset))
            let count = buffer.withUnsafeMutableBytes {
                pread(contents.descriptor, $0.baseAddress, wanted, Int(offset))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw count < 0
                    ? TreeFormatError.system("read", FilePath(name), Errno(rawValue: errno))
                    : TreeFormatError(.system, "read '\(name)'", "it became shorter while it was read")
            }
            try buffer.withUnsafeBytes { try writer.write(.init(rebasing: $0[..<count]), of: name) }
            offset += Int64(count)
        }
    }

    /// libarchive wants the zeros of a hole too, and leaves them out.
    private func copyHole(_ size: Int64, _ name: String) throws {
        var left = size
        while left > 0 {
            let count = Int(min(Int64(zeros.count), left))
            try zeros.withUnsafeBytes { try writer.write(.init(rebasing: $0[..<count]), of: name) }
            left -= Int64(count)
        }
    }
}
