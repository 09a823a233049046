import Foundation
import LinuxOS
import SystemPackage

/// What a hook has changed of the staged tree of hooks: names removed, and names whose files are kept with the layer.
package struct StagedChanges: Hashable, Sendable, Codable {
    /// Files, links and directories to be removed first, deepest first.
    package var removed: [String] = []
    /// To be put in place, directories before what is in them.
    package var changed: [String] = []

    package var isEmpty: Bool { removed.isEmpty && changed.isEmpty }

    init() {}

    /// Compares two listings of the tree.
    init(from old: TreeListing, to new: TreeListing) {
        let before = Dictionary(old.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let after = Set(new.entries.map(\.path))
        removed = old.entries.map(\.path).filter { !after.contains($0) }.reversed()
        for entry in new.entries where !entry.path.isEmpty {
            guard let known = before[entry.path] else {
                changed.append(entry.path)
                continue
            }
            if known.mode & S_IFMT != entry.mode & S_IFMT { removed.insert(entry.path, at: 0) }
            let isSame =
                entry.isDirectory
                ? known.mode == entry.mode && known.user == entry.user && known.group == entry.group
                : known.inode == entry.inode && known.changed == entry.changed && known.size == entry.size
            if !isSame { changed.append(entry.path) }
        }
    }

    /// Copies the changed files of `tree` to `folder`.
    func save(from tree: FilePath, to folder: FilePath, runner: any CommandRunner) async throws {
        try await copy(from: tree, to: folder, runner: runner)
    }

    /// Makes the tree what it was after the hook.
    func apply(_ folder: FilePath, to tree: FilePath, runner: any CommandRunner) async throws {
        for path in removed { try TreeRemoval.remove(tree.appending(path)) }
        try await copy(from: folder, to: tree, runner: runner)
    }

    private func copy(from source: FilePath, to target: FilePath, runner: any CommandRunner) async throws {
        guard !changed.isEmpty else { return }
        for path in changed {
            let name = FilePath(path)
            let place = target.pushing(name)
            let parent = place.removingLastComponent()
            try FileManager.default.createDirectory(atPath: parent.string, withIntermediateDirectories: true)
            let isDirectory = try source.pushing(name).stat(followTargetSymlink: false).type == .directory
            if isDirectory {
                try FileManager.default.createDirectory(atPath: place.string, withIntermediateDirectories: true)
                try TreeListing.copyStatus(of: source.pushing(name), to: place)
            } else {
                let words = ["-a", "--remove-destination", "-T", "--", source.pushing(name).string, place.string]
                try await runner.check(Command("cp", words))
            }
        }
    }
}
