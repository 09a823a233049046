import Basics
import BlockDevices
import Foundation
import ImagePlanning
import LinuxOS
import SystemPackage

/// How large the disk becomes, and whether there is room for it.
extension ImageAssembler {
    /// Measures the tree and decides the size of the disk; hooks from here on see it in KiB, as upstream's do.
    func measureTree() async throws {
        say("Calculating image size (this may take a minute)...")
        let tree = workspace.builtPath
        let usage = try await onOwnThread("measure") { try DiskUsage.measure(tree) }
        if plan.isEFI { say("Expanding disk for EFI partition") }
        let size = plan.sizing.size(treeKibibytes: usage.kibibytes)
        diskSize = size
        environment.set("DIB_IMAGE_SIZE", String(size.image.wholeKibibytes))
        say("Tree: \(usage.allocated) allocated, \(usage.inodes) inodes; disk: \(size.image)")
    }

    /// The second pure step of planning, now that the size is known.
    func finalLayout() throws -> BlockDeviceLayout {
        guard let diskSize else { throw AssemblyError(.invalidState, "the tree has not been measured") }
        let request = plan.request
        let type = plan.blockDevice.rootFilesystemType
        var parameters = plan.graph.parameters
        parameters.rootFilesystemOptions = RootFilesystemOptions.text(
            type: type, request: request, journal: diskSize.journal ?? 64)
        parameters.imageSize = diskSize.image
        parameters.imageDirectory = workspace.imageDirectory.string
        parameters.mountBase = workspace.mountPath.string
        parameters.buildDirectory = workspace.buildDirectory.string
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: plan.document.text), parameters: parameters)
        return try BlockDeviceLayout(graph, using: &random)
    }

    /// Fails before anything is copied if the tree cannot fit where the image file lies.
    func refuseUnlessRoomFor(_ layout: BlockDeviceLayout) throws {
        let tree = try DiskUsage.measure(workspace.builtPath).allocated
        let free = try FilesystemSpace.of(workspace.imageDirectory).available
        guard free >= tree else {
            throw AssemblyError(
                .invalidState,
                "no room for the image in '\(workspace.imageDirectory)': the tree takes \(tree), \(free) are free",
                hint: "set TMPDIR to a directory with more room, or build with --no-tmpfs")
        }
    }
}
