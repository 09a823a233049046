import Foundation
import LinuxOS
import SystemPackage

/// `/etc/resolv.conf` of the target: the host's while hooks run, the image's own afterwards (compat-core section 7.5).
///
/// `/etc/resolv.conf.ORIG` is a public interface: an element may write there what the image shall have.
struct ResolverConfiguration {
    private let file: FilePath
    private let original: FilePath

    init(root: FilePath) throws {
        let directory = try ConfinedRoot(root).resolve("/etc")
        file = directory.appending("resolv.conf")
        original = directory.appending("resolv.conf.ORIG")
    }

    /// Puts the image's own file aside and the host's resolvers in its place.
    func install() throws {
        if Self.kind(of: file) != nil { try rename(file, to: original) }
        let host = try? String(contentsOfFile: "/etc/resolv.conf", encoding: .utf8)
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: [.ownerReadWriteExecute, .groupReadWriteExecute, .otherReadWriteExecute])
        try descriptor.closeAfter { _ = try descriptor.writeAll((host ?? "nameserver 8.8.8.8\n").utf8) }
        // Elements write it as any user, whatever our umask.
        chmod(file.string, 0o777)
    }

    /// Takes the host's resolvers away again.
    ///
    /// A hook that made the file a link, or immutable, has decided what the image has: then that stays.
    func restore() throws {
        let kind = Self.kind(of: file)
        if kind == .symbolicLink || isImmutable {
            try removeIfPresent(original)
            return
        }
        try removeIfPresent(file)
        if Self.kind(of: original) != nil { try rename(original, to: file) }
    }

    /// Of the entry itself, links not followed; nil if there is none.
    private static func kind(of path: FilePath) -> FileType? { try? path.stat(followTargetSymlink: false).type }

    /// `FS_IOC_GETFLAGS` and `FS_IMMUTABLE_FL` of `linux/fs.h`: what `lsattr` shows as `i`.
    private var isImmutable: Bool {
        guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: [.noFollow, .closeOnExec]) else {
            return false
        }
        defer { try? descriptor.close() }
        var flags: CLong = 0
        return ioctl(descriptor.rawValue, 0x8008_6601, &flags) == 0 && flags & 0x10 != 0
    }

    private func rename(_ source: FilePath, to target: FilePath) throws {
        guard Foundation.rename(source.string, target.string) == 0 else { throw failure("rename", source) }
    }

    private func removeIfPresent(_ path: FilePath) throws {
        guard unlink(path.string) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    private func failure(_ act: String, _ path: FilePath) -> AssemblyError {
        AssemblyError(.invalidState, "cannot \(act) '\(path)': \(String(cString: strerror(errno)))")
    }
}
