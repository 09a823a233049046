internal import CLinux
internal import Glibc
internal import Synchronization
package import SystemPackage

/// A window of a file as a block device: how the partitions of an image are reached without device-mapper or udev.
///
/// The device is set to clear itself when its last user closes it, and this object is a user: if the program dies, the
/// kernel detaches. `detach` is idempotent and, unlike `deinit`, says what went wrong.
package final class LoopDevice: Sendable {
    /// `/dev/loopN`.
    package let path: FilePath
    package let number: Int32
    private let backing: Backing
    private let descriptor: Mutex<Int32?>

    private struct Backing: Sendable {
        let path: FilePath
        let device: UInt64
        let inode: UInt64
        let offset: UInt64
    }

    /// Attaches `size` bytes from `offset` on; without a size, all the rest of the file.
    ///
    /// The window must lie in the file and consist of whole sectors: the kernel would quietly cut it otherwise.
    package static func attach(
        _ file: FilePath, offset: UInt64 = 0, size: UInt64? = nil, sectorSize: UInt32 = 512, readOnly: Bool = false,
        directIO: Bool = false
    ) throws(SystemError) -> LoopDevice {
        let attempt = "attach loop device to '\(file)'"
        let opened: FileDescriptor
        do {
            opened = try FileDescriptor.open(file, readOnly ? .readOnly : .readWrite, options: .closeOnExec)
        } catch {
            throw SystemError(attempt, error as? Errno ?? .ioError)
        }
        defer { close(opened.rawValue) }
        var info = stat()
        guard fstat(opened.rawValue, &info) == 0 else { throw SystemError(attempt, Errno(rawValue: errno)) }
        let fileSize = UInt64(max(0, info.st_size))
        let window = size ?? (fileSize > offset ? fileSize - offset : 0)
        if let problem = problem(offset: offset, size: window, sectorSize: UInt64(sectorSize), fileSize: fileSize) {
            throw SystemError(attempt, because: problem)
        }
        var number: Int32 = -1
        let result = file.withPlatformString { name in
            var request = ingot_loop_request(
                backing: opened.rawValue, name: name, offset: offset, size: window, sector_size: sectorSize,
                read_only: readOnly, direct_io: directIO)
            return ingot_loop_attach(&request, &number)
        }
        try check(result, attempt)
        let backing = Backing(path: file, device: UInt64(info.st_dev), inode: UInt64(info.st_ino), offset: offset)
        return LoopDevice(number: number, descriptor: result, backing: backing)
    }

    /// The device of an earlier attachment that outlived its program; nil if it no longer shows that window.
    package static func adopt(_ path: FilePath, file: FilePath, offset: UInt64) throws(SystemError) -> LoopDevice? {
        guard let number = path.lastComponent.flatMap({ Int32($0.string.dropFirst("loop".count)) }) else { return nil }
        var info = stat()
        guard stat(file.string, &info) == 0 else { return nil }
        let backing = Backing(path: file, device: UInt64(info.st_dev), inode: UInt64(info.st_ino), offset: offset)
        let result = ingot_loop_open(number, backing.device, backing.inode, offset)
        if [-ENXIO, -ENODEV, -ENOENT].contains(result) { return nil }
        return LoopDevice(number: number, descriptor: try check(result, "open '\(path)'"), backing: backing)
    }

    /// Lets the device live on when this program ends; `detach` then does nothing more.
    package func keep() throws(SystemError) {
        let taken = descriptor.withLock { stored in
            defer { stored = nil }
            return stored
        }
        guard let taken else { return }
        let result = ingot_loop_keep(taken)
        close(taken)
        try check(result, "keep '\(path)'")
    }

    private static func problem(offset: UInt64, size: UInt64, sectorSize: UInt64, fileSize: UInt64) -> String? {
        guard sectorSize > 0, offset % sectorSize == 0, size % sectorSize == 0 else {
            return "offset \(offset) and size \(size) are not multiples of the sector size \(sectorSize)"
        }
        guard size > 0, offset <= fileSize, size <= fileSize - offset else {
            return "the window of \(size) bytes at \(offset) is not within the file of \(fileSize) bytes"
        }
        return nil
    }

    private init(number: Int32, descriptor: Int32, backing: Backing) {
        self.number = number
        self.path = FilePath("/dev/loop\(number)")
        self.descriptor = Mutex(descriptor)
        self.backing = backing
    }

    deinit { _ = try? release(flush: false) }

    /// Writes what is cached, detaches, and waits until the kernel has let go of the file.
    ///
    /// Throws if that has not happened within `patience`, and names who keeps the device busy.
    package func detach(flush: Bool = true, patience: Duration = .seconds(5)) throws(SystemError) {
        guard try release(flush: flush) else { return }
        let attempt = "detach '\(path)' from '\(backing.path)'"
        let isClear = try eventually(within: patience) { () throws(SystemError) in
            try check(ingot_loop_shows(number, backing.device, backing.inode, backing.offset), attempt) == 0
        }
        guard !isClear else { return }
        let mounts = ((try? MountTable.load())?.mounts ?? []).filter { $0.source == path.string }.map {
            "mount '\($0.target)'"
        }
        let elsewhere = ProcessTable.namespaces(mounting: path).map { "a mount in the namespace of \($0)" }
        let users = mounts + elsewhere + ProcessTable.holders(of: path).map(\.description)
        throw SystemError(
            attempt, because: "still in use" + (users.isEmpty ? "" : " by " + users.joined(separator: ", ")),
            code: .resourceBusy)
    }

    /// Gives up the descriptor; false if that was done before.
    private func release(flush: Bool) throws(SystemError) -> Bool {
        let taken = descriptor.withLock { stored in
            defer { stored = nil }
            return stored
        }
        guard let taken else { return false }
        let flushed = flush && fsync(taken) != 0 ? -errno : 0
        let cleared = ingot_loop_clear(taken)
        close(taken)
        try check(flushed, "write '\(path)' to '\(backing.path)'")
        try check(cleared, "detach '\(path)' from '\(backing.path)'")
        return true
    }
}
