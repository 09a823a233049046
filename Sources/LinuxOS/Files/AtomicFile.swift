internal import Glibc
package import SystemPackage

/// A file that appears under its name whole or not at all: written beside it, made durable, renamed over it.
///
/// Until `commit`, a file of that name stays as it was. If the program dies before, the session removes the unfinished
/// one.
package struct AtomicFile: Sendable {
    package let path: FilePath
    /// The unfinished file, empty at first, in the same directory.
    package let temporaryPath: FilePath

    /// Creates the unfinished file with the permissions a new file would have.
    package init(replacing path: FilePath, permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead])
        throws(SystemError)
    {
        let attempt = "write '\(path)'"
        guard let name = path.lastComponent else { throw SystemError(attempt, .isDirectory) }
        let folder = path.removingLastComponent()
        let template = (folder.isEmpty ? "." : folder).appending(".\(name.string).XXXXXX")
        guard let made = template.withPlatformString({ strdup($0) }) else { throw SystemError(attempt, .noMemory) }
        defer { free(made) }
        let opened = mkstemp(made)
        guard opened >= 0 else { throw SystemError(attempt, Errno(rawValue: errno)) }
        fchmod(opened, permissions.rawValue)
        close(opened)
        self.path = path
        temporaryPath = FilePath(platformString: made)
        if temporaryPath.isAbsolute { try Session.register(temporaryPath) }
    }

    /// Makes the contents durable and gives the file its name.
    package func commit() throws(SystemError) {
        let attempt = "write '\(path)'"
        try synchronise(temporaryPath, attempt)
        let result = temporaryPath.withPlatformString { from in
            path.withPlatformString { to in rename(from, to) == 0 ? 0 : -errno }
        }
        try check(result, attempt)
        let folder = path.removingLastComponent()
        try synchronise(folder.isEmpty ? "." : folder, attempt)
        if temporaryPath.isAbsolute { try Session.forget(temporaryPath) }
    }

    /// Removes the unfinished file.
    package func discard() throws(SystemError) {
        try TreeRemoval.remove(temporaryPath)
        if temporaryPath.isAbsolute { try Session.forget(temporaryPath) }
    }

    /// Writes a whole file in one go.
    package static func write(
        _ bytes: some Sequence<UInt8>, to path: FilePath,
        permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
    ) throws(SystemError) {
        let file = try AtomicFile(replacing: path, permissions: permissions)
        do {
            let opened = try FileDescriptor.open(file.temporaryPath, .writeOnly, options: .closeOnExec)
            _ = try opened.closeAfter { try opened.writeAll(bytes) }
            try file.commit()
        } catch {
            try? file.discard()
            throw error as? SystemError ?? SystemError("write '\(path)'", error as? Errno ?? .ioError)
        }
    }

    private func synchronise(_ path: FilePath, _ attempt: String) throws(SystemError) {
        let result = path.withPlatformString { path -> Int32 in
            let opened = open(path, O_RDONLY | O_CLOEXEC)
            guard opened >= 0 else { return -errno }
            defer { close(opened) }
            return fsync(opened) == 0 ? 0 : -errno
        }
        try check(result, attempt)
    }
}
