internal import Glibc
package import SystemPackage

/// A process as it is named in messages: `bash(1234)`.
package struct ProcessName: Hashable, Sendable, CustomStringConvertible {
    package let identifier: Int32
    package let name: String
    package var description: String { "\(name)(\(identifier))" }
}

/// What `/proc` says about the processes of this PID namespace.
package enum ProcessTable {
    /// Every process but init and this one.
    ///
    /// Kernel threads are not seen in a PID namespace of its own.
    package static func others() throws(SystemError) -> [ProcessName] {
        let own = getpid()
        return try identifiers().filter { $0 != 1 && $0 != own }.compactMap(name(of:))
    }

    /// Processes that have a file at or below `path` open, or their root, working directory or program there.
    ///
    /// These keep a mount or a device busy. Files that are only mapped are not found.
    package static func holders(of path: FilePath) -> [ProcessName] {
        guard let processes = try? identifiers() else { return [] }
        return processes.filter { identifier in
            let folder = FilePath("/proc/\(identifier)")
            let descriptors = (try? FileText.entries(of: folder.appending("fd"))) ?? []
            let links =
                ["cwd", "root", "exe"].map { folder.appending($0) }
                + descriptors.map { folder.appending("fd").appending($0) }
            return links.contains { FileText.target(ofLink: $0)?.starts(with: path) ?? false }
        }.compactMap(name(of:))
    }

    /// One process of each other mount namespace in which a device is still mounted.
    ///
    /// A namespace made while it was mounted has a copy of the mount, and where mounts are not shared the copy stays.
    static func namespaces(mounting device: FilePath) -> [ProcessName] {
        var seen: Set<FilePath> = []
        if let own = FileText.target(ofLink: "/proc/self/ns/mnt") { seen.insert(own) }
        return ((try? identifiers()) ?? []).filter { identifier in
            guard let namespace = FileText.target(ofLink: FilePath("/proc/\(identifier)/ns/mnt")),
                seen.insert(namespace).inserted,
                let bytes = try? FileText.bytes(of: FilePath("/proc/\(identifier)/mountinfo"))
            else { return false }
            return MountTable(parsing: bytes).mounts.contains { $0.source == device.string }
        }.compactMap(name(of:))
    }

    /// Processes whose root directory is at or below `path`: what a chroot has left running.
    package static func rooted(below path: FilePath) -> [ProcessName] {
        guard let processes = try? identifiers() else { return [] }
        return processes.filter { FileText.target(ofLink: FilePath("/proc/\($0)/root"))?.starts(with: path) ?? false }
            .compactMap(name(of:))
    }

    private static func identifiers() throws(SystemError) -> [Int32] {
        try FileText.entries(of: "/proc").compactMap { Int32($0.string) }.sorted()
    }

    /// Nil once the process has ended, reaped or not.
    private static func name(of identifier: Int32) -> ProcessName? {
        guard let line = try? FileText.string(of: FilePath("/proc/\(identifier)/stat")) else { return nil }
        // `1234 (name) S …`: the name may hold blanks and brackets.
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else { return nil }
        let state = line[close...].dropFirst(2).first
        guard state != "Z", state != "X" else { return nil }
        return ProcessName(identifier: identifier, name: String(line[line.index(after: open)..<close]))
    }
}
