internal import CLinux
internal import Glibc
package import SystemPackage

/// A directory whose contents are not trusted: paths in it are resolved by openat2(2) as if it were the root.
///
/// An image tree may say `/etc/resolv.conf -> /run/x` or `dev -> /etc`; followed from outside, such links lead to the
/// host. Here absolute links and `..` stay inside.
package final class ConfinedRoot: Sendable {
    package let path: FilePath
    private let descriptor: Int32

    package init(_ path: FilePath) throws(SystemError) {
        let attempt = "open '\(path)'"
        let opened = path.withPlatformString {
            ingot_openat2(AT_FDCWD, $0, UInt64(INGOT_O_PATH | Int(O_DIRECTORY)), 0, 0)
        }
        descriptor = try check(opened, attempt)
        guard let real = FileText.target(ofLink: FilePath("/proc/self/fd/\(opened)")) else {
            close(opened)
            throw SystemError(attempt, because: "'/proc' does not tell where it is")
        }
        self.path = real
    }

    deinit { close(descriptor) }

    /// Opens a path inside; the caller closes it.
    package func open(
        _ inside: FilePath, _ mode: FileDescriptor.AccessMode = .readOnly, options: FileDescriptor.OpenOptions = [],
        permissions: FilePermissions = []
    ) throws(SystemError) -> FileDescriptor {
        let flags = UInt64(UInt32(bitPattern: mode.rawValue | options.rawValue))
        let opened = openRaw(inside, flags: flags, mode: UInt64(permissions.rawValue))
        return FileDescriptor(rawValue: try check(opened, "open '\(display(inside))'"))
    }

    /// Where a path inside really is, links followed, as a path of the host.
    ///
    /// Its last component may be missing, but not be a dangling link. Holds as long as nobody changes the tree.
    package func resolve(_ inside: FilePath) throws(SystemError) -> FilePath {
        let attempt = "resolve '\(display(inside))'"
        let opened = openRaw(inside, flags: UInt64(INGOT_O_PATH), mode: 0)
        if opened == -ENOENT, let name = inside.lastComponent, !isLink(inside) {
            let parent = openRaw(
                inside.removingLastComponent(), flags: UInt64(INGOT_O_PATH | Int(O_DIRECTORY)), mode: 0)
            return try location(ofOpened: check(parent, attempt), attempt).appending(name)
        }
        return try location(ofOpened: check(opened, attempt), attempt)
    }

    /// Creates a directory inside, and those above it, where missing.
    ///
    /// Gives its path on the host.
    package func makeDirectory(
        _ inside: FilePath,
        permissions: FilePermissions = [.ownerReadWriteExecute, .groupReadExecute, .otherReadExecute]
    ) throws(SystemError) -> FilePath {
        var reached: FilePath = "/"
        for component in inside.components {
            reached.append(component)
            let place = try resolve(reached)
            let result = place.withPlatformString { mkdir($0, permissions.rawValue) == 0 ? 0 : -errno }
            if result != -EEXIST { try check(result, "make directory '\(display(reached))'") }
        }
        return try resolve(inside)
    }

    private func isLink(_ inside: FilePath) -> Bool {
        let opened = openRaw(inside, flags: UInt64(INGOT_O_PATH | Int(O_NOFOLLOW)), mode: 0)
        guard opened >= 0 else { return false }
        close(opened)
        return true
    }

    private func openRaw(_ inside: FilePath, flags: UInt64, mode: UInt64) -> Int32 {
        let path: FilePath = inside.isEmpty ? "." : inside
        return path.withPlatformString { ingot_openat2(descriptor, $0, flags, mode, UInt64(INGOT_RESOLVE_IN_ROOT)) }
    }

    private func location(ofOpened opened: Int32, _ attempt: String) throws(SystemError) -> FilePath {
        defer { close(opened) }
        guard let place = FileText.target(ofLink: FilePath("/proc/self/fd/\(opened)")) else {
            throw SystemError(attempt, because: "'/proc' does not tell where it is")
        }
        return place
    }

    private func display(_ inside: FilePath) -> String { path.appending(inside.components).string }
}
