package import SystemPackage

/// A raw disk image: the file's bytes are the disk's, and its holes are known from the file system.
package final class RawImage: GuestImage {
    package let file: ImageFile
    package let size: UInt64
    package var files: [ImageFile] { [file] }

    package init(_ path: FilePath) throws {
        file = try .open(path)
        size = try file.size()
    }

    package func dataRange(after offset: UInt64) throws -> Range<UInt64>? {
        guard offset < size else { return nil }
        return try file.dataRun(after: offset, end: size)
    }

    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        try file.read(at: offset, into: buffer)
    }
}

extension ImageFile {
    /// The next run of data that ends after `offset`, as the file system tells it; nil if only a hole follows.
    ///
    /// Linux `lseek(2)`: SEEK_DATA (3) and SEEK_HOLE (4), whose names need `_GNU_SOURCE`; ENXIO means that no data follows.
    /// Devices and some file systems refuse with EINVAL: then all is data. A file that shrinks meanwhile ends the run.
    func dataRun(after offset: UInt64, end: UInt64) throws -> Range<UInt64>? {
        do {
            let start = UInt64(try descriptor.seek(offset: Int64(offset), from: .init(rawValue: 3)))
            guard start < end else { return nil }
            let hole = UInt64(try descriptor.seek(offset: Int64(start), from: .init(rawValue: 4)))
            return start < hole ? start..<min(hole, end) : nil
        } catch let error as Errno {
            switch error {
            case .noSuchAddressOrDevice: return nil
            case .invalidArgument, .notSupportedOnSocket, .notSupported: return offset..<end
            default: throw DiskFormatError.system("find the data in", path, error)
            }
        }
    }
}
