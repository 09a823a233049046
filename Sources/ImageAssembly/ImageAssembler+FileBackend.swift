import Basics
import BlockDevices
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage
import TreeFormats

/// The disk as a regular file: the tree stays a tree until all hooks have run, and is then written into the image.
extension ImageAssembler {
    /// The host that disks of this build are made on.
    func diskHost() throws -> any DiskHost {
        let clock = try sourceDate().map { Int64($0) }
        let monitor = monitor
        let loops = LoopDiskHost(
            runner: runner, environment: environment.common, filling: FATFilling(latest: clock)
        ) { monitor.receive(.output(line: $0, source: .tool($1))) }
        guard plan.backend.backend == .file else { return loops }
        let filling = TreeFilling(
            made: FileTree.Time(seconds: clock ?? Int64(Date().timeIntervalSince1970)), latest: clock
        ) { monitor.receive(.output(line: $0, source: .engine)) }
        return FileDiskHost(base: loops, filling: filling)
    }

    /// Puts the tree where hooks find the mounted disk with the other backend.
    ///
    /// Places of other file systems are mounted onto themselves, where something can be mounted: what looks for a mount
    /// there finds one.
    func placeTree(_ disk: ActiveDisk) throws {
        let (built, place) = (workspace.builtPath, workspace.mountPath)
        if layers == nil {
            guard rename(built.string, place.string) == 0 else {
                throw SystemError("rename '\(built)' to '\(place)'", Errno(rawValue: errno))
            }
        } else {
            try Mount.move(built, to: place)
        }
        let root = try ConfinedRoot(place)
        for mount in disk.mounts where mount.mountPoint != "/" && mount.path != nil {
            let target = try root.makeDirectory(FilePath(mount.mountPoint))
            if Session.hasMounts { _ = try Mount.bind(target, to: target) }
        }
    }

    /// After the tree has been written into its image, for the room that it takes.
    func removePlacedTree() async throws {
        let tree = workspace.mountPath
        guard layers == nil else { return try Mount.detach(tree) }
        try await onOwnThread("remove") { try TreeRemoval.remove(tree) }
    }
}
