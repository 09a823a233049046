import DiskFormats
import Foundation
import LinuxOS
import SystemPackage

/// The files of a finished image, as they lie where the user wanted them and as the store keeps them (decision 22).
///
/// In a layer's `tree/` each file is a copy that shares its blocks, where the file system can do that, or else another
/// name of the same file: both cost nothing. Where neither can be had, nothing is kept but the memory of what the files
/// were, in `published.json`.
struct KeptImage: Sendable {
    /// The directory of a layer, or of one in the making.
    let layer: FilePath
    /// Where the user has the image.
    let directory: FilePath
    let runner: any CommandRunner

    private var tree: FilePath { layer.appending("tree") }
    private var recordPath: FilePath { layer.appending("published.json") }
    var historyPath: FilePath { layer.appending("history.json") }

    /// Where a file of the image can be had from.
    enum Source: Hashable, Sendable {
        /// It is still there, as it was published.
        case published
        case store
    }

    /// Keeps files and directories of `directory` under their names.
    func keep(_ names: [String]) async throws {
        for name in names {
            let from = directory.appending(name).string
            let to = tree.appending(name)
            for way in [["-a", "--reflink=always"], ["-a", "--link"]] {
                if try await copies(way, from, to) { break }
                try TreeRemoval.remove(to)
            }
        }
        try record(names)
    }

    /// Where all files of the image are; nothing if one has gone, or is not what it was.
    func sources(_ names: [String]) -> [String: Source]? {
        let known = FileManager.default.contents(atPath: recordPath.string)
            .flatMap { try? JSONDecoder().decode([String: String].self, from: $0) }
        var sources: [String: Source] = [:]
        for name in names {
            if let state = Self.state(of: directory.appending(name)), state == known?[name] {
                sources[name] = .published
            } else if (try? tree.appending(name).stat(followTargetSymlink: false)) != nil {
                sources[name] = .store
            } else {
                return nil
            }
        }
        return sources
    }

    /// Copies a kept file to a place: never as another name of it, for what the user does to it is the user's.
    func copy(_ name: String, to place: FilePath) async throws {
        let words = ["-a", "--reflink=auto", "--sparse=auto", "-T", "--", tree.appending(name).string, place.string]
        try await runner.check(Command("cp", words))
    }

    /// Remembers what the files are now, where the user has them.
    func record(_ names: [String]) throws {
        let states = names.compactMap { name in Self.state(of: directory.appending(name)).map { (name, $0) } }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try AtomicFile.write(
            try encoder.encode(Dictionary(uniqueKeysWithValues: states)), to: recordPath,
            permissions: .ownerReadWrite)
    }

    /// Which files these are, and when they were written last; who owns them may change.
    static func state(of path: FilePath) -> String? {
        guard let entries = try? TreeListing.walk(path).entries else { return nil }
        let lines = entries.map { entry in
            "\(entry.path)\0\(entry.mode & S_IFMT) \(entry.inode)"
                + (entry.isDirectory ? "\n" : " \(entry.size) \(entry.modified)\n")
        }
        return try? sha256(of: lines.joined())
    }

    private func copies(_ options: [String], _ from: String, _ to: FilePath) async throws -> Bool {
        try await runner.run(Command("cp", options + ["-T", "--", from, to.string])) { _ in }.status.isSuccess
    }
}
