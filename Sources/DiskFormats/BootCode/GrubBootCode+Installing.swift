import Basics
import Glibc
package import SystemPackage

extension GrubBootCode {
    /// Writes the boot code of these two files to a disk, a block device or a plain file, and reads it back.
    ///
    /// The core image goes to stable storage before the sector that points to it, so that an interrupted
    /// installation never leaves a boot sector that jumps into nothing.
    @discardableResult
    package static func install(
        bootImage: FilePath, coreImage: FilePath, disk path: FilePath
    ) throws(DiskFormatError) -> GrubBootCode {
        let boot = try contents(of: bootImage, limit: 4096)
        let core = try contents(of: coreImage, limit: 64 << 20)
        let disk = try BootDisk(opening: path)
        defer { disk.close() }
        let table = try PartitionTable.scan { offset, count throws(DiskFormatError) in
            try disk.read(at: offset, count: count)
        }
        let code = try GrubBootCode(
            bootImage: boot, coreImage: core, area: BootCodeArea(of: table),
            presentSector: disk.read(at: 0, count: 512))
        try disk.write(code.core, at: code.area.firstSector * BootCodeArea.sectorSize)
        try disk.write(code.bootSector, at: 0)
        return code
    }

    private static func contents(of path: FilePath, limit: Int) throws(DiskFormatError) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while bytes.count <= limit {
                let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
                if count == 0 { return bytes }
                bytes += buffer[..<count]
            }
        } catch {
            throw DiskFormatError.system("read", path, error)
        }
        throw DiskFormatError(.malformed, "read '\(path)'", "it is larger than \(limit) bytes")
    }
}

/// A disk opened for boot code: positional reads and writes, each write made durable and compared.
private struct BootDisk {
    private let path: FilePath
    private let file: FileDescriptor
    private let isBlockDevice: Bool

    /// `BLKFLSBUF` and `BLKSSZGET` of `<linux/fs.h>`.
    private static let flushBuffers: UInt = 0x1261
    private static let sectorSizeQuery: UInt = 0x1268

    init(opening path: FilePath) throws(DiskFormatError) {
        do { file = try FileDescriptor.open(path, .readWrite, options: .closeOnExec) } catch {
            throw DiskFormatError.system("open", path, error)
        }
        self.path = path
        var status = stat()
        let known = fstat(file.rawValue, &status) == 0
        isBlockDevice = known && status.st_mode & S_IFMT == S_IFBLK
        var sectorSize: CInt = 512
        if isBlockDevice {
            _ = ioctl(file.rawValue, Self.sectorSizeQuery, &sectorSize)
            dropCache()
        }
        if sectorSize != 512 {
            close()
            throw DiskFormatError(
                .unsupported, "install boot code on '\(path)'", "its sectors have \(sectorSize) bytes; a BIOS needs 512"
            )
        }
    }

    func close() { try? file.close() }

    /// A block device has a page cache of its own: what another descriptor of the backing file wrote is seen, and what we
    /// read back comes from below, only after it is dropped.
    private func dropCache() {
        if isBlockDevice {
            _ = ioctl(file.rawValue, Self.flushBuffers, 0)
        } else {
            _ = posix_fadvise(file.rawValue, 0, 0, POSIX_FADV_DONTNEED)
        }
    }

    func read(at offset: UInt64, count: Int) throws(DiskFormatError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            do {
                let step = try bytes.withUnsafeMutableBytes {
                    try file.read(
                        fromAbsoluteOffset: Int64(offset) + Int64(done), into: .init(rebasing: $0[done...]))
                }
                if step == 0 { break }
                done += step
            } catch {
                throw DiskFormatError.system("read", path, error)
            }
        }
        guard done == count else {
            throw DiskFormatError(.malformed, "read '\(path)'", "it ends before byte \(offset + UInt64(count))")
        }
        return bytes
    }

    func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskFormatError) {
        do { try file.writeAll(toAbsoluteOffset: Int64(offset), bytes) } catch {
            throw DiskFormatError.system("write", path, error)
        }
        guard fsync(file.rawValue) == 0 else {
            throw DiskFormatError.system("flush", path, Errno(rawValue: errno))
        }
        dropCache()
        guard try read(at: offset, count: bytes.count) == bytes else {
            throw DiskFormatError(
                .system, "write boot code to '\(path)'", "byte \(offset) and on read back differ from what was written")
        }
    }
}
