import Basics
import Foundation
import LinuxOS
import SystemPackage

/// The tree of a build as a stack of layers; the topmost takes what the running hook writes.
///
/// Between hooks nothing of it is mounted, so that what a hook has written cannot change any more when it is kept.
/// Mounts that hooks have made, and those of the kernel's file systems, wait aside meanwhile.
final class LayeredTree {
    /// Where the tree is seen while hooks run.
    let mountPath: FilePath
    /// The directory that is shown instead of a stack, where there can be none (`CopiedTree`).
    var plain: FilePath?
    private let scratch: FilePath
    /// Undermost first.
    private(set) var trees: [FilePath] = []
    private(set) var isOpen = false
    /// What hooks have written since layers ended; nothing if they have not.
    private(set) var unkept: FilePath?
    private var count = 0
    private var placeCount = 0
    private var aside: [(place: FilePath, target: FilePath)] = []
    private var targetsAtOpening: Set<FilePath> = []

    /// `scratch` must be on the file system of the layers: then inode numbers are one family.
    init(mountPath: FilePath, scratch: FilePath) throws {
        self.mountPath = mountPath
        self.scratch = scratch
        try makeDirectory(base)
        try makeDirectory(scratch.appending("aside"))
    }

    /// What is below the first layer: nothing.
    private var base: FilePath { scratch.appending("base") }

    /// Puts a layer on top.
    func push(_ tree: FilePath) {
        precondition(!isOpen, "a layer below an open one cannot come later")
        trees.append(tree)
    }

    /// Mounts the stack with a fresh layer on top.
    func open() throws {
        try mount(on: mountPath)
        isOpen = true
        for (place, target) in aside { try Mount.move(place, to: target) }
        aside = []
        targetsAtOpening = Set(try ownMounts().map(\.target))
    }

    /// The directory of the layer that is open, or was open last, with `tree` in it.
    var currentLayer: FilePath { scratch.appending("\(count)").appending("layer") }

    /// Where the finished image is made a layer of the store.
    var imageFolder: FilePath { scratch.appending("image") }

    /// Mounts that have come since the opening and are still there.
    ///
    /// `own` are directories that the next build does not have; `scratch` has more of them.
    func newMounts(own: [FilePath], scratch: FilePath) throws -> [LeftMount] {
        let table = try MountTable.load()
        return try ownMounts().filter { !targetsAtOpening.contains($0.target) }
            .map { LeftMount($0, in: mountPath, table: table, own: own, scratch: scratch) }
    }

    /// From now on these count as the build's own, not as a hook's.
    func acceptMounts() throws { targetsAtOpening = Set(try ownMounts().map(\.target)) }

    /// Takes the stack down; false if somebody keeps it busy, and then it stays open.
    func close() throws -> Bool {
        var moved: [(place: FilePath, target: FilePath)] = []
        for mount in try ownMounts().reversed() {
            let place = try makePlace(like: mount.target)
            try Mount.move(mount.target, to: place)
            moved.insert((place, mount.target), at: 0)
        }
        if try isBusy() {
            for (place, target) in moved { try Mount.move(place, to: target) }
            return false
        }
        aside = moved
        isOpen = false
        return true
    }

    /// Unmounts the stack, or says that it cannot be.
    private func isBusy() throws -> Bool {
        do {
            try Mount.detach(mountPath, patience: .milliseconds(500))
            return false
        } catch {
            guard error.code == .resourceBusy else { throw error }
            return true
        }
    }

    /// Ends all mounts but the tree's own and lays the whole stack out at another place, writable, for good.
    func finish(at place: FilePath) throws {
        if isOpen {
            try Mount.unmountAll(below: mountPath)
            try Mount.detach(mountPath)
            isOpen = false
            trees.append(currentLayer.appending("tree"))
            unkept = currentLayer.appending("tree")
        }
        for (place, _) in aside { try Mount.unmountAll(below: place, including: true) }
        aside = []
        try makeDirectory(place)
        try mount(on: place)
    }

    private func mount(on target: FilePath) throws {
        count += 1
        let folder = scratch.appending("\(count)")
        let names = folder.appending("names")
        for path in [folder, currentLayer, currentLayer.appending("tree"), folder.appending("work"), names] {
            try makeDirectory(path)
        }
        let lower = [base] + trees
        for (index, tree) in lower.enumerated() {
            try FileManager.default.createSymbolicLink(
                atPath: names.appending(String(index)).string, withDestinationPath: tree.string)
        }
        try TreeListing.copyStatus(of: lower[lower.count - 1], to: currentLayer.appending("tree"))
        if let plain {
            _ = try Mount.bind(plain, to: target)
            return
        }
        try OverlayMount(
            directory: names, lower: lower.indices.map(String.init), upper: "../layer/tree", work: "../work",
            target: target
        ).attach()
    }

    /// Mounts directly in the tree: those below them go where they go.
    private func ownMounts() throws -> [MountTable.Entry] {
        let below = try MountTable.load().mounts(below: mountPath)
        return below.filter { mount in
            !below.contains { $0.target != mount.target && mount.target.starts(with: $0.target) }
        }
    }

    /// A place of the kind that the mount needs: a directory, or a file.
    private func makePlace(like target: FilePath) throws -> FilePath {
        placeCount += 1
        let place = scratch.appending("aside").appending(String(placeCount))
        if (try? target.stat())?.type == .directory {
            try makeDirectory(place)
        } else {
            _ = FileManager.default.createFile(atPath: place.string, contents: nil)
        }
        return place
    }

    private func makeDirectory(_ path: FilePath) throws {
        if (try? path.stat())?.type == .directory { return }
        guard mkdir(path.string, 0o755) == 0 else {
            throw SystemError("make directory '\(path)'", Errno(rawValue: errno))
        }
        chmod(path.string, 0o755)
    }
}

extension LayeredTree {
    /// Fails if this kernel, or the file system of the layers, cannot do what is needed.
    func probe() throws {
        try open()
        guard try close() else { throw SystemError("take a stack of layers down", .resourceBusy) }
    }
}
