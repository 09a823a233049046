import Basics
import Foundation
import LinuxOS
import SystemPackage

/// What overlayfs does, done by copying: for kernels and file systems that cannot stack directories.
///
/// The tree of a build is one plain directory. A layer is laid over it by copying, and made of it by comparison with what
/// it was before a hook. Layers have the form that overlayfs gives them, so that builds of both kinds share a store.
struct CopiedTree: Sendable {
    let tree: FilePath
    /// For lists of names.
    let scratch: FilePath
    let runner: any CommandRunner

    /// Makes an empty tree; fails where removals cannot be marked.
    func prepare() throws {
        let place = scratch.appending("whiteout")
        try Self.markRemoved(place)
        unlink(place.string)
        guard mkdir(tree.string, 0o755) == 0 else {
            throw SystemError("make directory '\(tree)'", Errno(rawValue: errno))
        }
        chmod(tree.string, 0o755)
    }

    /// What the tree is now; whatever changes after this has a later time.
    func listing() async throws -> TreeListing {
        let tree = tree
        let listing = try await onOwnThread("list") { try TreeListing.walk(tree) }
        // The kernel's clock for files ticks every few milliseconds.
        try await Task.sleep(for: .milliseconds(15))
        return listing
    }

    // MARK: - Layer to tree

    /// Makes the tree what it is with the layer on top.
    func apply(_ layer: FilePath) async throws {
        let listing = try await onOwnThread("list") { try TreeListing.walk(layer) }
        for entry in listing.entries where !entry.path.isEmpty {
            let place = tree.pushing(FilePath(entry.path))
            guard let kind = try? place.stat(followTargetSymlink: false).type else { continue }
            let isMerged = entry.isDirectory && kind == .directory && !entry.isOpaque
            let isReplaced = !entry.isDirectory && kind != .directory && !entry.isWhiteout
            if !isMerged && !isReplaced { try TreeRemoval.remove(place) }
        }
        // A file that is replaced must be another file, for names of it may be left; as overlayfs has it.
        try await runner.check(
            Command("cp", ["-a", "--remove-destination", "-T", "--", layer.string, tree.string]))
        for entry in listing.entries where entry.isOpaque && !entry.isWhiteout {
            TreeListing.removeOpaqueMark(tree.pushing(FilePath(entry.path)))
        }
        let removals = listing.entries.filter(\.isWhiteout).map { FilePath($0.path) }
        for path in removals { unlink(tree.pushing(path).string) }
        for folder in Set(removals.map { $0.removingLastComponent() }) {
            try TreeListing.copyStatus(of: layer.pushing(folder), to: tree.pushing(folder))
        }
    }

    // MARK: - Tree to layer

    /// Fills an empty directory with what has changed in the tree; gives the names that are there now.
    func extract(since before: TreeListing, to layer: FilePath) async throws -> [String] {
        let tree = tree
        let after = try await onOwnThread("list") { try TreeListing.walk(tree) }
        let known = Dictionary(before.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let now = Dictionary(after.entries.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let changed = after.entries.filter { !Self.isSame($0, known[$0.path]) }.map(\.path)
        var names = changed
        // Where the directory itself has gone, or was a directory before only, its own name says all.
        let removed = before.entries.map(\.path).filter { path in
            let parent = FilePath(path).removingLastComponent().string
            return now[path] == nil && now[parent]?.isDirectory ?? false && known[parent]?.isDirectory ?? false
        }
        for name in names + removed {
            var parent = FilePath(name)
            while parent.removeLastComponent() { names.append(parent.string) }
        }
        try await copy(Set(names + [""]).sorted(), to: layer)
        for path in removed { try Self.markRemoved(layer.pushing(FilePath(path))) }
        for folder in Set(removed.map { FilePath($0).removingLastComponent() }) {
            try TreeListing.copyStatus(of: tree.pushing(folder), to: layer.pushing(folder))
        }
        return changed
    }

    /// In one archive, for the sake of hard links; with attributes, access lists, and times to the nanosecond.
    private func copy(_ names: [String], to layer: FilePath) async throws {
        let list = scratch.appending("names")
        let text = names.map { "./\($0)\0" }.joined()
        try text.write(toFile: list.string, atomically: false, encoding: .utf8)
        let script = """
            set -o pipefail
            tar -C "$1" --format=posix --no-recursion --null --verbatim-files-from --files-from="$3" --sparse \\
                --xattrs --xattrs-include='*' --acls -cf - \\
                | tar -C "$2" --xattrs --xattrs-include='*' --acls --numeric-owner --same-owner -xpf -
            """
        try await runner.check(Command("bash", ["-c", script, "copy", tree.string, layer.string, list.string]))
    }

    /// After the layer has lost what belongs in none (`TransientFiles`), the tree loses it too.
    func resynchronise(_ changed: [String], with layer: FilePath) async throws {
        for path in changed {
            let name = FilePath(path)
            guard !path.isEmpty, (try? layer.pushing(name).stat(followTargetSymlink: false)) == nil else { continue }
            try TreeRemoval.remove(tree.pushing(name))
        }
        try await apply(layer)
    }

    /// Whatever is done to a file changes the time of its last change.
    private static func isSame(_ new: TreeListing.Entry, _ old: TreeListing.Entry?) -> Bool {
        new.inode == old?.inode && new.changed == old?.changed && new.mode == old?.mode
    }

    private static func markRemoved(_ path: FilePath) throws(SystemError) {
        guard mknod(path.string, S_IFCHR, 0) == 0 else {
            throw SystemError("mark '\(path)' as removed", Errno(rawValue: errno))
        }
    }
}
