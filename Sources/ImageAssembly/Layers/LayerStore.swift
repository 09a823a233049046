import Foundation
import ImagePlanning
import LinuxOS
package import SystemPackage

/// The layers of all builds of a user, in a directory that builds share (decision 13).
///
/// `layers/KEY.ID/` holds `manifest.json`, `tree/` (what the hook wrote, as overlayfs keeps it) and `staged/`. A layer
/// is made in `scratch/`, which a killed build leaves to the next one to sweep, and gets its name by rename: under
/// `layers/` there are whole ones only. A build holds a shared lock on each layer that it uses; whoever wants to remove
/// one needs the exclusive lock. The names of directories begin with the format's number: what another version of this
/// program keeps is not looked at.
package struct LayerStore: Sendable {
    package let directory: FilePath
    var layersPath: FilePath { directory.appending("layers") }
    var scratchPath: FilePath { directory.appending("scratch") }
    private var locksPath: FilePath { directory.appending("locks") }

    /// Opens the store of a user, making it if need be; only its owner can look into it.
    package init(creating path: String) throws {
        directory = Self.place(path)
        for folder in [layersPath, scratchPath, locksPath] {
            try FileManager.default.createDirectory(
                atPath: folder.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    /// Opens a store that is there.
    package init?(existing path: String) {
        directory = Self.place(path)
        guard FileManager.default.fileExists(atPath: layersPath.string) else { return nil }
    }

    /// Absolute, for layers are mounted by a process that stands elsewhere.
    private static func place(_ path: String) -> FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(FilePath(path))
            .appending("v\(LayerManifest.currentFormat)")
    }

    /// Every layer that can be read, in no order.
    package func manifests() -> [LayerManifest] {
        names().compactMap { LayerManifest.read(layersPath.appending($0)) }
    }

    func manifest(_ name: String) -> LayerManifest? { LayerManifest.read(layersPath.appending(name)) }

    func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: layersPath.string)) ?? [] }

    /// The layers made under a key, newest first.
    func candidates(_ keyText: String) -> [LayerManifest] {
        names().filter { $0.hasPrefix(keyText + ".") }.compactMap { LayerManifest.read(layersPath.appending($0)) }
            .sorted { $0.created > $1.created }
    }

    /// Takes a layer into use, for as long as the result lives; nothing if it has gone, or is not whole any more.
    ///
    /// A damaged layer is removed, to be built again.
    func use(_ manifest: LayerManifest) async throws -> StoredLayer? {
        let path = layersPath.appending(manifest.name)
        guard let lock = try? await FileLock.acquire(path.appending("lock"), shared: true, patience: .seconds(30))
        else {
            return nil
        }
        guard LayerManifest.read(path) == manifest, try isWhole(manifest) else {
            lock.release()
            if LayerManifest.read(path) != nil { _ = try await remove(manifest.name) }
            return nil
        }
        try touch(path)
        return StoredLayer(manifest: manifest, path: path, lock: lock)
    }

    /// Whether the tree is what the manifest says.
    func isWhole(_ manifest: LayerManifest) throws -> Bool {
        let path = layersPath.appending(manifest.name)
        guard let listing = try? TreeListing.walk(path.appending("tree")) else { return false }
        let staged = path.appending("staged")
        // Not what is allocated: blocks are found for data when it reaches the disk.
        return try LayerManifest.Contents(listing, isImage: manifest.outputs != nil).digest == manifest.contents.digest
            && manifest.staged.changed.allSatisfy {
                (try? staged.appending($0).stat(followTargetSymlink: false)) != nil
            }
    }

    /// One build at a time makes the layer of a key; others wait, and find it.
    func lock(_ keyText: String, onWait: @escaping @Sendable () -> Void) async throws -> FileLock {
        try await FileLock.acquire(
            locksPath.appending(keyText), patience: .seconds(6 * 3600), onWait: onWait)
    }

    /// Gives a finished layer its name; if another build has been faster, theirs is as good.
    func publish(_ unfinished: FilePath, _ manifest: LayerManifest) async throws -> StoredLayer? {
        try AtomicFile.write(Array(try manifest.json()), to: unfinished.appending("manifest.json"))
        let lock = try await FileLock.acquire(unfinished.appending("lock"), shared: true, patience: .seconds(1))
        let path = layersPath.appending(manifest.name)
        guard rename(unfinished.string, path.string) == 0 else {
            let code = Errno(rawValue: errno)
            guard code == .fileExists || code == .directoryNotEmpty else {
                throw SystemError("keep a layer as '\(path)'", code)
            }
            return nil
        }
        return StoredLayer(manifest: manifest, path: path, lock: lock)
    }

    /// Removes a layer unless a build uses it; gives whether it is gone.
    func remove(_ name: String) async throws -> Bool {
        let path = layersPath.appending(name)
        guard FileManager.default.fileExists(atPath: path.string) else { return true }
        let lock: FileLock
        do { lock = try await FileLock.acquire(path.appending("lock"), patience: .zero) } catch { return false }
        let trash = try TemporaryDirectory.create(in: scratchPath, prefix: "removed.")
        // Out of sight first: what is under layers/ is whole.
        if rename(path.string, trash.path.appending(name).string) != 0, errno != ENOENT {
            throw SystemError("remove '\(path)'", Errno(rawValue: errno))
        }
        lock.release()
        try trash.remove()
        return true
    }

    /// The time of a layer's last use is that of its lock file.
    private func touch(_ path: FilePath) throws {
        try FileManager.default.setAttributes(
            [.modificationDate: Date()], ofItemAtPath: path.appending("lock").string)
    }

    /// When a layer was last used, in seconds since 1970.
    package func lastUse(of name: String) -> Double {
        let path = layersPath.appending(name).appending("lock").string
        let date = try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        return (date ?? nil)?.timeIntervalSince1970 ?? 0
    }
}

/// A layer in use: it cannot be removed while this lives.
package struct StoredLayer: Sendable {
    package let manifest: LayerManifest
    let path: FilePath
    let lock: FileLock

    var treePath: FilePath { path.appending("tree") }
    var stagedPath: FilePath { path.appending("staged") }
}
