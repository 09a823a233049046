import CLinux
import Glibc
import ImageInspection
import SystemPackage

/// Writes a foreign tree below a directory: owners, modes, times, attributes, hard links, devices, holes.
///
/// Every step goes through the descriptor of the directory it is in, and no link is followed: wherever links of the tree
/// lead, nothing is written outside. What is in the way of an entry gives way, except directories, which are merged.
final class TreeWriter: ForeignTreeSink {
    private struct Level {
        let descriptor: Int32
        let directory: ForeignFile
        let path: [UInt8]
    }

    private let root: FilePath
    private var levels: [Level] = []
    /// Where the first name of a file with several is, below the root.
    private var firstNames: [UInt64: [UInt8]] = [:]
    /// Attributes that the file system below does not take, with how many files have them.
    private(set) var lostAttributes: [String: Int] = [:]
    private(set) var fileCount = 0

    /// `root` exists.
    init(_ root: FilePath) { self.root = root }

    deinit { for level in levels { close(level.descriptor) } }

    func enter(_ name: [UInt8], _ directory: ForeignFile) throws {
        guard let parent = levels.last else {
            let opened = open(root.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard opened >= 0 else { throw ImageExtractionError.system("open '\(root)'", errno) }
            levels.append(Level(descriptor: opened, directory: directory, path: []))
            return
        }
        let path = parent.path.isEmpty ? name : parent.path + [UInt8(ascii: "/")] + name
        let terminated = Self.terminated(name)
        try making(path) { mkdirat(parent.descriptor, terminated, 0o700) == 0 || errno == EEXIST }
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var opened = openat(parent.descriptor, terminated, flags)
        if opened < 0, errno == ENOTDIR || errno == ELOOP {
            try making(path) {
                unlinkat(parent.descriptor, terminated, 0) == 0 && mkdirat(parent.descriptor, terminated, 0o700) == 0
            }
            opened = openat(parent.descriptor, terminated, flags)
        }
        guard opened >= 0 else { throw failure(path) }
        levels.append(Level(descriptor: opened, directory: directory, path: path))
    }

    func leave() throws {
        guard let level = levels.popLast() else { return }
        defer { close(level.descriptor) }
        try describe(level.descriptor, level.directory, level.path)
        fileCount += 1
    }

    func add(_ name: [UInt8], _ file: ForeignFile, _ contents: ForeignContents) throws {
        guard let parent = levels.last else { return }
        let path = parent.path.isEmpty ? name : parent.path + [UInt8(ascii: "/")] + name
        let terminated = Self.terminated(name)
        fileCount += 1
        if let identity = file.identity {
            if let first = firstNames[identity] { return try link(first, terminated, path) }
            firstNames[identity] = path
        }
        switch file.kind {
        case .file: try writeFile(terminated, file, contents, path)
        case .directory: return
        case .link(let target):
            try creating(terminated, path) { symlinkat(Self.terminated(target), parent.descriptor, terminated) == 0 }
            try describe(terminated, file, path)
        default:
            let (type, device) = Self.node(file.kind)
            try creating(terminated, path) {
                mknodat(parent.descriptor, terminated, type | 0o600, device) == 0
            }
            try describe(terminated, file, path)
        }
    }

    private static func node(_ kind: ForeignFile.Kind) -> (type: mode_t, device: dev_t) {
        switch kind {
        case .characterDevice(let major, let minor): (S_IFCHR, number(major, minor))
        case .blockDevice(let major, let minor): (S_IFBLK, number(major, minor))
        case .socket: (S_IFSOCK, 0)
        default: (S_IFIFO, 0)
        }
    }

    /// glibc's makedev(3), which is a macro: twelve bits and eight as ever, what is more of each above.
    private static func number(_ major: UInt32, _ minor: UInt32) -> dev_t {
        let (major, minor) = (UInt64(major), UInt64(minor))
        return dev_t((major & ~0xFFF) << 32 | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | minor & 0xFF)
    }

    private func link(_ first: [UInt8], _ name: [CChar], _ path: [UInt8]) throws {
        guard let base = levels.first?.descriptor, let parent = levels.last?.descriptor else { return }
        try creating(name, path) { linkat(base, Self.terminated(first), parent, name, 0) == 0 }
    }

    private func writeFile(_ name: [CChar], _ file: ForeignFile, _ contents: ForeignContents, _ path: [UInt8]) throws {
        guard let parent = levels.last?.descriptor else { return }
        var opened: Int32 = -1
        try creating(name, path) {
            opened = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            return opened >= 0
        }
        defer { close(opened) }
        try making(path) { ftruncate(opened, off_t(clamping: contents.size)) == 0 }
        try contents.forEach { offset, bytes in
            var done = 0
            while done < bytes.count {
                let count = pwrite(
                    opened, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset) + off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw failure(path) }
                done += count
            }
        }
        try describe(opened, file, path)
    }
}

extension TreeWriter {
    /// Owner first, because a change of it takes bits of the mode and capabilities away; times last.
    private func describe(_ descriptor: Int32, _ file: ForeignFile, _ path: [UInt8]) throws {
        try making(path) {
            fchown(descriptor, file.owner, file.group) == 0 && fchmod(descriptor, mode_t(file.mode)) == 0
        }
        try setAttributes(of: file, path) { name, value, size in fsetxattr(descriptor, name, value, size, 0) }
        try making(path) { futimens(descriptor, Self.times(file)) == 0 }
    }

    /// The same for what has no descriptor of its own.
    private func describe(_ name: [CChar], _ file: ForeignFile, _ path: [UInt8]) throws {
        guard let parent = levels.last?.descriptor else { return }
        try making(path) { fchownat(parent, name, file.owner, file.group, AT_SYMLINK_NOFOLLOW) == 0 }
        if case .link = file.kind {} else { try making(path) { fchmodat(parent, name, mode_t(file.mode), 0) == 0 } }
        let access = Array("/proc/self/fd/\(parent)/".utf8CString.dropLast()) + name
        try setAttributes(of: file, path) { key, value, size in lsetxattr(access, key, value, size, 0) }
        try making(path) { utimensat(parent, name, Self.times(file), AT_SYMLINK_NOFOLLOW) == 0 }
    }

    private static func times(_ file: ForeignFile) -> [timespec] {
        let time = timespec(tv_sec: Int(file.modified.seconds), tv_nsec: Int(file.modified.nanoseconds))
        return [time, time]
    }

    /// Labels of SELinux are left out: the build's kernel may know no such label, and the system labels itself anew.
    private func setAttributes(
        of file: ForeignFile, _ path: [UInt8], _ set: (String, UnsafeRawPointer?, Int) -> Int32
    ) throws {
        for attribute in file.attributes where attribute.name != "security.selinux" {
            let result = attribute.value.withUnsafeBytes { set(attribute.name, $0.baseAddress, $0.count) }
            if result == 0 { continue }
            // tmpfs took no user attributes before Linux 6.6.
            guard errno == ENOTSUP else { throw failure(path) }
            lostAttributes[attribute.name, default: 0] += 1
        }
    }

    /// Tries once more after removing what is there.
    private func creating(_ name: [CChar], _ path: [UInt8], _ body: () -> Bool) throws {
        if body() { return }
        guard errno == EEXIST, let parent = levels.last?.descriptor else { throw failure(path) }
        try making(path) { unlinkat(parent, name, 0) == 0 }
        try making(path, body)
    }

    private func making(_ path: [UInt8], _ body: () -> Bool) throws {
        if !body() { throw failure(path) }
    }

    private func failure(_ path: [UInt8]) -> ImageExtractionError {
        .system("write '\(root.appending(String(decoding: path, as: UTF8.self)))'", errno)
    }

    private static func terminated(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}
