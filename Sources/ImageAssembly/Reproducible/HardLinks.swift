import Foundation
import LinuxOS
import SystemPackage

/// Files with several names, which a tree of layers tears apart: whoever changes one name, be it a time, copies the file from
/// below, and the other names stay with the old one (Linux, Documentation/filesystems/overlayfs.rst, "Non-standard behavior").
struct HardLinks {
    /// Names of one file each, sorted, with two at least.
    let groups: [[String]]

    /// What is linked below a directory now, mounts not looked into: each becomes a file system of its own.
    static func survey(_ root: FilePath, runner: any CommandRunner) async throws -> HardLinks {
        let words = ["-xdev", "-type", "f", "-links", "+1", "-printf", "%D:%i %p\\0"]
        let found = try await runner.capture(Command("find", [root.string] + words), limit: 1 << 28) { _ in }
        var names: [Substring: [String]] = [:]
        for line in String(decoding: found.standardOutput, as: UTF8.self).split(separator: "\0") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { names[parts[0], default: []].append(String(parts[1])) }
        }
        return HardLinks(groups: names.values.filter { $0.count > 1 }.map { $0.sorted() })
    }

    /// Makes the names of each group one file again: of those, which have been changed alike, the one with the most holes.
    ///
    /// Directories keep their times. A name in another mount is left alone: it becomes a file system of its own.
    func mend() throws {
        for names in groups {
            let files = names.compactMap { name in Self.status(name).map { (name, $0) } }
            guard let best = files.min(by: { $0.1.st_blocks < $1.1.st_blocks }) else { continue }
            for (name, status) in files where status.st_ino != best.1.st_ino || status.st_dev != best.1.st_dev {
                try link(best.0, to: name)
            }
        }
    }

    private func link(_ file: String, to name: String) throws {
        let folder = FilePath(name).removingLastComponent().string
        var before = stat()
        guard stat(folder, &before) == 0 else { throw SystemError("look at '\(folder)'", Errno(rawValue: errno)) }
        let fresh = name + ".ingot-link"
        guard Foundation.link(file, fresh) == 0 else {
            if errno == EXDEV { return }
            throw SystemError("link '\(fresh)' to '\(file)'", Errno(rawValue: errno))
        }
        guard rename(fresh, name) == 0 else {
            let error = Errno(rawValue: errno)
            unlink(fresh)
            throw SystemError("rename '\(fresh)'", error)
        }
        let times = [before.st_atim, before.st_mtim]
        guard utimensat(AT_FDCWD, folder, times, 0) == 0 else {
            throw SystemError("set the time of '\(folder)'", Errno(rawValue: errno))
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
