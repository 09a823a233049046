import LinuxOS
import SystemPackage

/// The finished tree as a tar archive: everything that a file system holds, and nothing of the build host.
///
/// GNU tar keeps extended attributes, ACLs and numeric owners; entries are sorted so that equal trees give equal bytes.
/// The kernel's file systems are unmounted by then: their mount points are in the archive as empty directories (mended
/// wart 13.7).
struct TreeArchive {
    let tree: FilePath
    let compressor: [String]?
    let runner: any CommandRunner

    func write(to target: FilePath, onLine: @escaping @Sendable (String) -> Void) async throws {
        var arguments = [
            "--create", "--file", target.string, "--directory", tree.string, "--numeric-owner", "--sort=name",
            "--xattrs", "--xattrs-include=*", "--acls", "--exclude=./lost+found",
        ]
        if let compressor { arguments += ["--use-compress-program", compressor.joined(separator: " ")] }
        try await runner.check(Command("tar", arguments + ["."]), onLine: onLine)
    }
}
