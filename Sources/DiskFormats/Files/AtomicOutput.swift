import Glibc
package import SystemPackage

/// Runs `body` with a name beside `path` and renames what it wrote there to `path`.
///
/// If the body throws, the half-written file is removed and an older file at `path` stays as it was. The body syncs the
/// file; the directory is synced here, so that the new name survives a power cut too.
package func withAtomicOutput<Result>(
    to path: FilePath, _ body: (_ temporary: FilePath) throws -> Result
) throws -> Result {
    guard let name = path.lastComponent else {
        throw DiskFormatError(.invalidRequest, "write '\(path)'", "it does not name a file")
    }
    try refuseWhatIsNoFile(path)
    let directory = path.removingLastComponent()
    let temporary = directory.appending(".\(name).\(getpid()).partial")
    do {
        let result = try body(temporary)
        try rename(temporary, to: path)
        try synchronizeDirectory(directory.isEmpty ? "." : directory)
        return result
    } catch {
        removeFile(temporary)
        throw error
    }
}

/// The same for several files: none gets its name before `body` has written all of them.
package func withAtomicOutputs<Result>(
    to paths: [FilePath], _ body: (_ temporaries: [FilePath]) throws -> Result
) throws -> Result {
    guard let path = paths.last else { return try body([]) }
    return try withAtomicOutput(to: path) { temporary in
        try withAtomicOutputs(to: paths.dropLast()) { try body($0 + [temporary]) }
    }
}

/// Removes a file that is not wanted any more; that it is gone already is no error.
package func removeFile(_ path: FilePath) {
    _ = path.withPlatformString { unlink($0) }
}

/// Renaming puts a file in the place of a device, and fails for a directory only after all the work.
private func refuseWhatIsNoFile(_ path: FilePath) throws {
    var status = stat()
    guard path.withPlatformString({ stat($0, &status) }) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
    let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or pipe, not a file"
    throw DiskFormatError(.invalidRequest, "write '\(path)'", "it is \(kind)")
}

private func rename(_ source: FilePath, to target: FilePath) throws {
    let status = source.withPlatformString { from in target.withPlatformString { Glibc.rename(from, $0) } }
    guard status == 0 else { throw DiskFormatError.system("rename a new file to", target, Errno(rawValue: errno)) }
}

private func synchronizeDirectory(_ path: FilePath) throws {
    do {
        let directory = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        defer { try? directory.close() }
        guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch { throw DiskFormatError.system("sync directory", path, error) }
}
