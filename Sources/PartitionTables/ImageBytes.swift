import Glibc
import SystemPackage

/// An open image file, read and written in whole pieces at absolute offsets.
struct ImageBytes {
    private let file: FileDescriptor
    let size: UInt64

    /// Opens for the time of `body`.
    static func withFile<Result>(
        _ path: FilePath, _ mode: FileDescriptor.AccessMode, _ body: (ImageBytes) throws -> Result
    ) throws -> Result {
        let file = try FileDescriptor.open(path, mode, options: .closeOnExec)
        return try file.closeAfter {
            try body(ImageBytes(file: file, size: UInt64(try file.seek(offset: 0, from: .end))))
        }
    }

    func read(at offset: UInt64, count: Int) throws -> SectorBuffer {
        guard offset <= size, UInt64(count) <= size - offset else {
            throw Refusal("the table refers to bytes behind the end of the disk")
        }
        var bytes = Array(repeating: UInt8(0), count: count)
        var done = 0
        while done < count {
            let read = try bytes.withUnsafeMutableBytes { buffer in
                try file.read(
                    fromAbsoluteOffset: Int64(offset) + Int64(done),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            }
            guard read > 0 else { throw Refusal("the file became shorter while it was read") }
            done += read
        }
        return SectorBuffer(bytes)
    }

    func write(_ buffer: SectorBuffer, at offset: UInt64) throws {
        _ = try file.writeAll(toAbsoluteOffset: Int64(offset), buffer.bytes)
    }

    /// Makes what was written durable.
    func synchronise() throws {
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }
}
