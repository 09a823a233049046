internal import Glibc
package import SystemPackage

/// A process as it is named in messages: `bash(1234)`.
package struct ProcessName: Hashable, Sendable, CustomStringConvertible {
    package let identifier: Int32
    package let name: String
    package var description: String { "\(name)(\(identifier))" }
}

/// What `/proc` says about processes.
package enum ProcessTable {
    /// Every process of the session but init, which is this one's parent, and this one.
    ///
    /// Init is PID 1 of a namespace without kernel threads; where a session has no PID namespace of its own, there are
    /// others beside it that are nobody's business.
    package static func others() throws(SystemError) -> [ProcessName] {
        let (own, first) = (getpid(), getppid())
        let all = try processes().compactMap(row(of:))
        let parents = Dictionary(all.map { ($0.name.identifier, $0.parent) }, uniquingKeysWith: { old, _ in old })
        func isBelowInit(_ identifier: Int32) -> Bool {
            var ancestor = parents[identifier]
            for _ in all where ancestor != first { ancestor = ancestor.flatMap { parents[$0] } }
            return ancestor == first
        }
        return all.map(\.name).filter { name in
            name.identifier != first && name.identifier != own && (first == 1 || isBelowInit(name.identifier))
        }
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
        }.compactMap(name(of:))
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
        }.compactMap(name(of:))
    }

    /// Processes whose root directory is at or below `path`: what a chroot has left running.
    package static func rooted(below path: FilePath) -> [ProcessName] {
        guard let processes = try? processes() else { return [] }
        return processes.filter { process in
            FileText.target(ofLink: process.folder.appending("root"))?.starts(with: path) ?? false
        }.compactMap(name(of:))
    }

    private struct Process {
        let identifier: Int32
        let folder: FilePath
    }

    private static func processes() throws(SystemError) -> [Process] {
        try FileText.entries(of: "/proc").compactMap { Int32($0.string) }.sorted()
            .map { Process(identifier: $0, folder: FilePath("/proc/\($0)")) }
    }

    private static func name(of process: Process) -> ProcessName? { row(of: process)?.name }

    /// Nil once the process has ended, reaped or not.
    private static func row(of process: Process) -> (name: ProcessName, parent: Int32)? {
        guard let line = try? FileText.string(of: process.folder.appending("stat")) else { return nil }
        // `1234 (name) S 1 …`: the name may hold blanks and brackets.
        guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")") else { return nil }
        let words = line[line.index(after: close)...].split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0] != "Z", words[0] != "X", let parent = Int32(words[1]) else { return nil }
        let name = ProcessName(identifier: process.identifier, name: String(line[line.index(after: open)..<close]))
        return (name, parent)
    }
}
