import Glibc
import Synchronization
package import SystemPackage

/// An open image file: whole buffers at stated offsets, and errors that name the file.
///
/// Positioned calls only, so that any number of threads may share one. The descriptor closes with the last reference;
/// whoever wrote calls `synchronize()` first, which is where the kernel reports what it could not keep.
package final class ImageFile: Sendable {
    package let path: FilePath
    let descriptor: FileDescriptor
    /// What lies before has been handed to the device already, so that the last sync is short.
    private let handedOver = Atomic<UInt64>(0)
    private static let handOverSize: UInt64 = 8 << 20

    private init(path: FilePath, descriptor: FileDescriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { try? descriptor.close() }

    /// Opens an existing file or block device for reading.
    package static func open(_ path: FilePath) throws -> ImageFile {
        do {
            return ImageFile(path: path, descriptor: try .open(path, .readOnly, options: .closeOnExec))
        } catch { throw DiskFormatError.system("open", path, error) }
    }

    /// Opens an existing file or block device for reading and writing.
    package static func update(_ path: FilePath) throws -> ImageFile {
        do {
            return ImageFile(path: path, descriptor: try .open(path, .readWrite, options: .closeOnExec))
        } catch { throw DiskFormatError.system("open", path, error) }
    }

    /// Creates or empties a file for writing; refuses to empty `source`, which it would destroy before it is read.
    package static func create(_ path: FilePath, notOver source: ImageFile? = nil) throws -> ImageFile {
        do {
            let descriptor = try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            let file = ImageFile(path: path, descriptor: descriptor)
            if let source, try file.identity() == source.identity() {
                throw DiskFormatError(.invalidRequest, "write '\(path)'", "it is the same file as the input")
            }
            try file.resize(to: 0)
            return file
        } catch let error as Errno { throw DiskFormatError.system("create", path, error) }
    }

    /// Bytes from the start to the end; works for block devices too.
    package func size() throws -> UInt64 {
        do { return UInt64(try descriptor.seek(offset: 0, from: .end)) } catch {
            throw DiskFormatError.system("find the size of", path, error)
        }
    }

    /// Bytes that the file occupies on its file system, holes left out.
    package func allocatedSize() throws -> UInt64 { UInt64(try status().st_blocks) * 512 }

    /// Fills the buffer from `offset`, or as much of it as there is before the end of the file; the count read.
    package func readAvailable(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        do {
            while done < buffer.count {
                let count = try descriptor.read(
                    fromAbsoluteOffset: Int64(offset) + Int64(done), into: .init(rebasing: buffer[done...]))
                if count == 0 { break }
                done += count
            }
        } catch { throw DiskFormatError.system("read", path, error) }
        return done
    }

    /// Fills the whole buffer from `offset`.
    package func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard try readAvailable(at: offset, into: buffer) == buffer.count else {
            throw DiskFormatError(.malformed, "read '\(path)'", "it ends before byte \(offset + UInt64(buffer.count))")
        }
    }

    /// Writes the whole buffer at `offset`.
    package func write(_ buffer: UnsafeRawBufferPointer, at offset: UInt64) throws {
        do { try descriptor.writeAll(toAbsoluteOffset: Int64(offset), buffer) } catch {
            throw DiskFormatError.system("write", path, error)
        }
        handOver(upTo: offset + UInt64(buffer.count))
    }

    /// Has the kernel begin to store what was written, in steps, while others still compress: it would wait for the sync.
    ///
    /// POSIX_FADV_DONTNEED begins to write dirty pages and waits for nothing; dirty pages are not dropped (Linux
    /// `mm/fadvise.c`). It is advice: that it fails is no error.
    private func handOver(upTo end: UInt64) {
        let start = handedOver.load(ordering: .relaxed)
        guard end >= start + Self.handOverSize,
            handedOver.compareExchange(expected: start, desired: end, ordering: .relaxed).exchanged
        else { return }
        _ = posix_fadvise(descriptor.rawValue, off_t(start), off_t(end - start), Int32(POSIX_FADV_DONTNEED))
    }

    /// Cuts or extends the file; what is added is a hole.
    package func resize(to size: UInt64) throws {
        do { try descriptor.resize(to: Int64(size)) } catch { throw DiskFormatError.system("resize", path, error) }
    }

    /// Makes sure that the first `size` bytes have their room on the file system; what is there stays.
    package func allocate(_ size: UInt64) throws {
        let status = posix_fallocate(descriptor.rawValue, 0, off_t(size))
        guard size == 0 || status == 0 else {
            throw DiskFormatError.system("reserve room for", path, Errno(rawValue: status))
        }
    }

    /// Asks btrfs to write the file, which must be empty, in place; elsewhere nothing happens, as with qemu-img.
    ///
    /// FS_IOC_GETFLAGS, FS_IOC_SETFLAGS and FS_NOCOW_FL of `linux/fs.h`.
    package func disableCopyOnWrite() {
        var flags: Int32 = 0
        guard ioctl(descriptor.rawValue, 0x8008_6601, &flags) == 0 else { return }
        flags |= 0x0080_0000
        _ = ioctl(descriptor.rawValue, 0x4008_6602, &flags)
    }

    /// Waits until the kernel has the contents on stable storage.
    package func synchronize() throws {
        guard fsync(descriptor.rawValue) == 0 else {
            throw DiskFormatError.system("sync", path, Errno(rawValue: errno))
        }
    }

    /// Whether `path` leads to this very file, by whatever name; a path that leads nowhere does not.
    package func isSame(as path: FilePath) throws -> Bool {
        var other = stat()
        guard path.withPlatformString({ stat($0, &other) }) == 0 else { return false }
        return try identity() == [UInt64(other.st_dev), UInt64(other.st_ino)]
    }

    private func status() throws -> stat {
        var status = stat()
        guard fstat(descriptor.rawValue, &status) == 0 else {
            throw DiskFormatError.system("stat", path, Errno(rawValue: errno))
        }
        return status
    }

    private func identity() throws -> [UInt64] {
        let status = try status()
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}
