import Basics
import BlockDevices
import DiskFormats
import Foundation
import LinuxOS
import SystemPackage
import TreeFormats

/// File systems that are written once, when the tree is finished.
extension FileDiskHost {
    /// Writes one beside the image and puts it into its place; fails with the size that is needed if there is no room.
    func writeWhole(_ filesystem: OfflineFilesystem) async throws {
        let plan = filesystem.filesystem
        let scratch = scratchFile(of: plan, in: filesystem.image)
        defer { unlink(scratch.string) }
        try await withTeardown { stack in
            for (index, path) in filesystem.outerSealed.enumerated() {
                let lid = try MountLid.cover(
                    filesystem.tree.appending(path.components), aside: FilePath("\(scratch).covered\(index)"))
                await stack.push("uncover '\(lid.place)'") { try lid.lift() }
            }
            let whole = try await onOwnThread("list") {
                try WholeFilesystem(of: filesystem.tree, to: scratch, leftOut: ["lost+found"])
            }
            try await base.run(words(whole, filesystem), environment: plan.command.environment)
            if plan.type.family == .erofs { try whole.finishErofs(label: plan.label) }
        }
        try await base.verify(plan, on: scratch.string)
        let (size, room) = (ByteCount(try ImageFile.open(scratch).size()), filesystem.window.size)
        guard size <= room else {
            throw AssemblyError(
                .invalidState,
                "cannot fill the \(plan.type) filesystem of '\(filesystem.plan.mountPoint)': "
                    + "it takes \(size.bytes) bytes (\(size)), and '\(plan.device)' has \(room.bytes) (\(room))",
                hint: "give '\(plan.device)' a 'size' of at least \(ByteCount.mebibytes((size.bytes >> 20) + 1)) "
                    + "in the block-device configuration")
        }
        let (image, offset) = (filesystem.image, filesystem.window.offset)
        try await onOwnThread("splice") { try ImageSplice().write(scratch, into: image, at: offset) }
        say(
            DiskReport(
                mountPoint: filesystem.plan.mountPoint, planned: room, used: size,
                free: ByteCount(room.bytes - size.bytes)
            ).line)
    }

    /// squashfs holds no access control lists; whoever had rights by them alone has none.
    private func words(_ whole: WholeFilesystem, _ filesystem: OfflineFilesystem) async throws -> [String] {
        let options = filesystem.filesystem.command.arguments
        guard filesystem.filesystem.type.family == .squashfs else { return whole.erofs(options) }
        let tree = filesystem.tree
        let modes = try await onOwnThread("lists") { try NarrowedModes(of: tree) }
        if let first = modes.first {
            say(
                "warning: squashfs holds no access control lists; those below '\(filesystem.plan.mountPoint)' are lost, "
                    + "the first of them that of '\(first)'")
        }
        return whole.squashfs(options, modes: modes)
    }
}

extension OfflineFilesystem {
    /// Without those that lie in others.
    fileprivate var outerSealed: [FilePath] {
        sealed.filter { path in !sealed.contains { $0 != path && path.starts(with: $0) } }
    }
}
