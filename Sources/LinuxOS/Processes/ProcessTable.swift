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
        return try processes().filter { $0.identifier != 1 && $0.identifier != own }.compactMap(name)
    }

    /// Processes that have a file at or below `path` open, or their root, working directory or program there.
    ///
    /// These keep a mount or a device busy. Files that are only mapped are not found.
    package static func holders(of path: FilePath) -> [ProcessName] {
        guard let processes = try? processes() else { return [] }
        return processes.filter { process in
            let folder = process.folder
            let descriptors = (try? FileText.entries(of: folder.appending("fd"))) ?? []
            let links =
                ["cwd", "root", "exe"].map { folder.appending($0) }
                + descriptors.map { folder.appending("fd").appending($0) }
            return links.contains { FileText.target(ofLink: $0)?.starts(with: path) ?? false }
        }.compactMap(name)
    }

    /// One process of each other mount namespace in which a device is still mounted.
    ///
    /// A namespace made while it was mounted has a copy of the mount, and where mounts are not shared the copy stays.
    static func namespaces(mounting device: FilePath) -> [ProcessName] {
        var seen: Set<FilePath> = []
        if let own = FileText.target(ofLink: "/proc/self/ns/mnt") { seen.insert(own) }
        return ((try? processes()) ?? []).filter { process in
            guard let namespace = FileText.target(ofLink: process.folder.appending("ns").appending("mnt")),
                seen.insert(namespace).inserted,
                let bytes = try? FileText.bytes(of: process.folder.appending("mountinfo"))
            else { return false }
            return MountTable(parsing: bytes).mounts.contains { $0.source == device.string }
        }.compactMap(name)
    }

    /// Processes whose root directory is at or below `path`: what a chroot has left running.
    package static func rooted(below path: FilePath) -> [ProcessName] {
        guard let processes = try? processes() else { return [] }
        return processes.filter { process in
            FileText.target(ofLink: process.folder.appending("root"))?.starts(with: path) ?? false
        }.compactMap(name)
    }

    private struct Process {
        /// As this namespace counts.
        let identifier: Int32
        let folder: FilePath
    }

    private static func processes() throws(SystemError) -> [Process] {
        let numbers = try FileText.entries(of: "/proc").compactMap { Int32($0.string) }.sorted()
        let all = numbers.map { Process(identifier: $0, folder: FilePath("/proc/\($0)")) }
        // Where a container allows no second /proc, the one there counts otherwise and shows processes of others.
        guard FileText.target(ofLink: "/proc/self")?.string != String(getpid()) else { return all }
        let namespace = FileText.target(ofLink: "/proc/self/ns/pid")
        return all.compactMap { process in
            guard FileText.target(ofLink: process.folder.appending("ns").appending("pid")) == namespace,
                let status = try? FileText.string(of: process.folder.appending("status")),
                let identifier = innermostIdentifier(status: status)
            else { return nil }
            return Process(identifier: identifier, folder: process.folder)
        }
    }

    /// The last number of the line `NSpid`: a process has one in each namespace from that of `/proc` down to its own.
    static func innermostIdentifier(status text: String) -> Int32? {
        let line = text.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
        return line?.split(whereSeparator: \.isWhitespace).last.flatMap { Int32($0) }
    }

    /// Nil once the process has ended, reaped or not.
    private static func name(of process: Process) -> ProcessName? {
        guard let line = try? FileText.string(of: process.folder.appending("stat")) else { return nil }
        // `1234 (name) S …`: the name may hold blanks and brackets.
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else { return nil }
        let state = line[close...].dropFirst(2).first
        guard state != "Z", state != "X" else { return nil }
        return ProcessName(identifier: process.identifier, name: String(line[line.index(after: open)..<close]))
    }
}
