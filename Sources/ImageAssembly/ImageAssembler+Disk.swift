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
        let configuration = try BlockDeviceConfiguration(yaml: plan.document.text).merging(plan.graph.parameters)
        try BlockDeviceStates(buildDirectory: workspace.buildDirectory).write(configuration)
    }

    /// Makes the image files, their tables, devices, file systems and mounts, and the tree's fstab.
    func createBlockDevice(_ stack: TeardownStack) async throws {
        let layout = try finalLayout()
        guard layout.mainImage != nil else {
            throw AssemblyError(
                .invalidState, "the block-device configuration has no local_loop 'image0'",
                hint: "the disk of a build must have that name")
        }
        try FileManager.default.createDirectory(atPath: workspace.mountPath.string, withIntermediateDirectories: true)
        try refuseUnlessRoomFor(layout)
        let activation = try newActivation()
        self.activation = activation
        let disk = try await activation.create(layout)
        await stack.push("release the disk") { try await activation.abandon(disk) }
        let states = try BlockDeviceStates(buildDirectory: workspace.buildDirectory)
        try states.describe(disk)
        try states.writeFstab(layout.fstab, tree: workspace.builtPath)
        environment.set("IMAGE_BLOCK_DEVICE", disk.mainDevice ?? "")
        environment.set("IMAGE_BLOCK_DEVICES", disk.deviceList)
        environment.set("INGOT_DISK_BACKEND", plan.backend.backend.rawValue)
        environment.set("INGOT_DISK", layout.hookText)
        self.disk = disk
    }

    /// The one that this build uses, from creation to release.
    private func newActivation() throws -> BlockDeviceActivation {
        let monitor = monitor
        return BlockDeviceActivation(host: try diskHost()) { monitor.receive(.output(line: $0, source: .engine)) }
    }

    /// Moves the tree onto the disk and makes it a place where programs run again.
    func transferTree() async throws {
        guard let disk else { throw AssemblyError(.invalidState, "there is no disk to transfer the tree to") }
        guard plan.backend.backend == .loop else {
            try placeTree(disk)
            kernelFilesystems = try KernelFilesystems.attach(root: workspace.mountPath)
            return
        }
        let monitor = monitor
        do {
            try await TreeCopy(from: workspace.builtPath, to: workspace.mountPath).run(runner) {
                monitor.receive(.output(line: $0, source: .tool("cp")))
            }
        } catch {
            throw Self.explain(
                error, writing: "the tree onto a disk of \(diskFit?.image ?? .zero)", in: workspace.mountPath,
                hint: "ask for a larger disk with --image-size (DIB_IMAGE_SIZE), or for none: then it is measured")
        }
        try await removeBuiltTree()
        kernelFilesystems = try KernelFilesystems.attach(
            root: workspace.mountPath, extraDevices: disk.devices.map { FilePath($0.path) })
    }

    /// Trims, reports, unmounts and detaches: from here on the image is a file and nothing else.
    func releaseBlockDevice() async throws {
        guard let activation, var disk else { return }
        try await Self.endStragglers()
        try Mount.unmountAll(below: workspace.mountPath, keeping: disk.mountTargets)
        try await runExtraCommands(isLast: true)
        if plan.backend.backend == .file, !plan.writesDisk { return try await activation.abandon(disk) }
        do { try await activation.release(&disk) } catch {
            throw Self.explain(
                error, writing: "the disk image", in: workspace.imageDirectory,
                hint: "set TMPDIR to a directory with more room, or build with --no-tmpfs")
        }
        self.disk = disk
        if plan.backend.backend == .file { try await removePlacedTree() }
    }
}
