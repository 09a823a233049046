import Basics
import BlockDevices
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import PartitionTables
import SystemPackage

extension ImageAssembler {
    /// Writes the chosen configuration where hooks and `dib-block-device` look for it.
    func describeBlockDevice() throws {
        plan.document.logLines.forEach(say)
        try plan.document.text.write(toFile: workspace.configurationPath.string, atomically: true, encoding: .utf8)
        let request = plan.request
        let lines = [
            "config: \(workspace.configurationPath)", "image-dir: \(workspace.imageDirectory)",
            "root-fs-type: \(request.filesystemType)", "root-label: \(request.rootLabel ?? "")",
            "mount-base: \(workspace.mountPath)", "build-dir: \(workspace.buildDirectory)",
        ]
        try (lines.joined(separator: "\n") + "\n")
            .write(toFile: workspace.parametersPath.string, atomically: true, encoding: .utf8)
    }

    /// Makes the image files, their tables, devices, file systems and mounts, and the tree's fstab.
    func createBlockDevice(_ stack: TeardownStack) async throws {
        let layout = try finalLayout()
        guard let image = layout.mainImage else {
            throw AssemblyError(
                .invalidState, "the block-device configuration has no local_loop 'image0'",
                hint: "the disk of a build must have that name")
        }
        try FileManager.default.createDirectory(atPath: workspace.mountPath.string, withIntermediateDirectories: true)
        try refuseUnlessRoomFor(layout)
        var disk = ActiveDisk(layout: layout, imagePath: FilePath(image.path))
        for image in layout.images { try await create(image) }
        for window in layout.devices {
            guard let image = layout.images.first(where: { $0.name == window.image }) else { continue }
            let loop = try LoopDevice.attach(
                FilePath(image.path), offset: window.offset, size: window.size.bytes,
                sectorSize: UInt32(image.sectorSize))
            await stack.push("detach '\(loop.path)'") { try loop.detach(flush: false) }
            disk.devices.append((window.name, loop))
        }
        for filesystem in layout.filesystems { try await make(filesystem, on: disk) }
        for mount in layout.mounts { try await attach(mount, of: &disk, stack) }
        try writeFstab(layout.fstab)
        environment.set("IMAGE_BLOCK_DEVICE", disk.mainDevice?.string ?? "")
        environment.set("IMAGE_BLOCK_DEVICES", disk.deviceList)
        self.disk = disk
    }

    private func create(_ image: BlockDevices.ImageFile) async throws {
        let file = try FileDescriptor.open(
            FilePath(image.path), .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { try file.resize(to: Int64(image.size.bytes)) }
        guard let table = image.table else { return }
        let path = FilePath(image.path)
        try await onOwnThread("partition table") { try PartitionTableWriter.write(table, to: path) }
    }

    private func make(_ filesystem: FilesystemPlan, on disk: ActiveDisk) async throws {
        guard let loop = disk.device(filesystem.device) else {
            throw AssemblyError(.invalidState, "there is no device '\(filesystem.device)' to make a file system on")
        }
        var words = filesystem.command.words(device: loop.path.string)
        let program = words.removeFirst()
        try await runTool(program, words, environment: environment.common.merging(filesystem.command.environment))
    }

    private func attach(_ plan: MountPlan, of disk: inout ActiveDisk, _ stack: TeardownStack) async throws {
        guard let path = plan.path, let loop = disk.device(plan.device) else { return }
        let target = FilePath(path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = Mount(
            source: loop.path.string, target: target, type: plan.type.name, flags: .noAccessTime)
        try mount.attach()
        await stack.push("unmount '\(target)'") { try Mount.unmountAll(below: target, including: true) }
        disk.mounts.append((plan, mount))
    }

    /// Replaces the tree's fstab, even by an empty one, as upstream does.
    private func writeFstab(_ text: String) throws {
        let root = try ConfinedRoot(workspace.builtPath)
        _ = try root.makeDirectory("/etc")
        let file = try root.open(
            "/etc/fstab", .writeOnly, options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead, .otherRead])
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    /// Moves the tree onto the disk and makes it a place where programs run again.
    func transferTree() async throws {
        guard let disk else { throw AssemblyError(.invalidState, "there is no disk to transfer the tree to") }
        let monitor = monitor
        do {
            try await TreeCopy(from: workspace.builtPath, to: workspace.mountPath).run(runner) {
                monitor.receive(.output(line: $0, source: .tool("cp")))
            }
        } catch {
            throw Self.explain(
                error, writing: "the tree onto a disk of \(diskSize?.image ?? .zero)", in: workspace.mountPath,
                hint: "ask for a larger disk with --image-size (DIB_IMAGE_SIZE), or for none: then it is measured")
        }
        let tree = workspace.builtPath
        try await onOwnThread("remove") { try TreeRemoval.remove(tree) }
        kernelFilesystems = try KernelFilesystems.attach(
            root: workspace.mountPath, extraDevices: disk.devices.map(\.loop.path))
    }

    /// Trims, reports, unmounts and detaches: from here on the image is a file and nothing else.
    func releaseBlockDevice() async throws {
        guard let disk else { return }
        try await Self.endStragglers()
        try Mount.unmountAll(below: workspace.mountPath, keeping: disk.mountTargets)
        for (plan, mount) in disk.mounts {
            let planned = disk.layout.device(plan.device)?.size ?? .zero
            say(try DiskReport(plan, at: mount.target, planned: planned).line)
            if plan.isTrimmed { try await runTool("fstrim", ["--verbose", mount.target.string]) }
        }
        do { try await onOwnThread("release") { try disk.release() } } catch {
            throw Self.explain(
                error, writing: "the disk image", in: workspace.imageDirectory,
                hint: "set TMPDIR to a directory with more room, or build with --no-tmpfs")
        }
    }
}
