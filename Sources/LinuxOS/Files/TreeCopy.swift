internal import Basics
package import SystemPackage

/// Copies a tree into a mounted filesystem, exactly: the contents of `source`, its top-level dot files included, and
/// the metadata of `source` itself onto `destination`.
///
/// Done by cp(1) of coreutils: ownership, modes, nanosecond times, hard links, extended attributes with ACLs and file
/// capabilities, holes, device nodes, FIFOs and sockets (as the names they are). Extended attributes are asked for by
/// name: `cp -a` alone would lose them without a word.
package struct TreeCopy: Hashable, Sendable {
    package var source: FilePath
    package var destination: FilePath

    package init(from source: FilePath, to destination: FilePath) {
        self.source = source
        self.destination = destination
    }

    package var command: Command {
        // Its messages are read below, so their language must be known.
        Command(
            "env",
            [
                "LC_ALL=C", "cp", "--no-dereference", "--recursive",
                "--preserve=mode,ownership,timestamps,links,xattr", "--sparse=auto", "--reflink=auto", "--",
                source.appending(".").string, destination.appending(".").string,
            ])
    }

    package func run(_ runner: some CommandRunner, onLine: @escaping @Sendable (String) -> Void = { _ in }) async throws
    {
        let outcome = try await runner.run(command, onLine: onLine)
        guard !outcome.status.isSuccess else { return }
        guard outcome.lastLines.contains(where: { $0.hasSuffix("No space left on device") }) else {
            throw CommandFailure(command, outcome)
        }
        let needed = try? DiskUsage.measure(source)
        let space = try? FilesystemSpace.of(destination)
        var reason = Errno.noSpace.description
        if let needed, let space {
            reason += ": the tree has \(needed.allocated) in \(needed.inodes) inodes, the filesystem \(space.total)"
            reason += " and \(space.inodes) inodes in all"
        }
        throw SystemError("copy '\(source)' to '\(destination)'", because: reason, code: .noSpace)
    }
}
