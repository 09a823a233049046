import Glibc
package import SystemPackage

/// Writes a stream to a new file or into a pipe, in pieces of a megabyte.
package final class FileSink: ByteSink {
    package let path: FilePath
    private let descriptor: FileDescriptor
    private let isFile: Bool
    private var pending: [UInt8] = []
    /// Bytes of the stream so far.
    package private(set) var count: UInt64 = 0

    private static let pieceSize = 1 << 20

    /// Creates the file, or empties it.
    package init(creating path: FilePath) throws {
        self.path = path
        isFile = true
        do {
            descriptor = try .open(
                path, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch { throw TreeFormatError.system("create", path, error) }
        pending.reserveCapacity(Self.pieceSize)
    }

    /// Takes over the writing end of a pipe; `name` is what it leads to.
    package init(pipe: FileDescriptor, name: FilePath) {
        path = name
        isFile = false
        descriptor = pipe
    }

    deinit { try? descriptor.close() }

    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += UInt64(bytes.count)
        if pending.count + bytes.count <= Self.pieceSize {
            pending.append(contentsOf: bytes)
            return
        }
        try flush()
        if bytes.count >= Self.pieceSize { try put(bytes) } else { pending.append(contentsOf: bytes) }
    }

    /// Overwrites bytes that were written before; files only.
    func patch(_ bytes: [UInt8], at offset: UInt64) throws {
        try flush()
        do {
            try bytes.withUnsafeBytes { _ = try descriptor.writeAll(toAbsoluteOffset: Int64(offset), $0) }
        } catch { throw TreeFormatError.system("write", path, error) }
    }

    /// Hands the rest to the kernel, and a file to the disk.
    package func finish() throws {
        try flush()
        guard isFile else { return }
        guard fsync(descriptor.rawValue) == 0 else {
            throw TreeFormatError.system("sync", path, Errno(rawValue: errno))
        }
    }

    private func flush() throws {
        try pending.withUnsafeBytes { try put($0) }
        pending.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.isEmpty { return }
        do { try descriptor.writeAll(bytes) } catch { throw TreeFormatError.system("write", path, error) }
    }
}
