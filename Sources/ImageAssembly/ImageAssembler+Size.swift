import Basics
import BlockDevices
import Elements
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
        let survey = try await onOwnThread("measure") { try TreeSurvey.walk(tree) }
        self.survey = survey
        if plan.isEFI, plan.sizingMode == .compatible { say("Expanding disk for EFI partition") }
        let sizer = try plan.diskSizer(for: survey, parameters: layoutParameters, generator: random)
        let fit = try chosenFit(sizer, survey)
        try refuseUnlessFits(fit, sizer)
        diskFit = fit
        environment.set("DIB_IMAGE_SIZE", String(fit.image.wholeKibibytes))
        say("Tree: \(survey.allocated) allocated, \(survey.inodeCount) inodes; disk: \(fit.image)")
        if let room = plan.finaliseRoom.description { say("Kept for the boot loader: \(room)") }
        for filesystem in fit.filesystems { say(filesystem.summary) }
    }

    private func chosenFit(_ sizer: DiskSizer, _ survey: TreeSurvey) throws -> DiskFit {
        if let stated = plan.statedImageSize { return try sizer.fit(at: stated) }
        guard plan.sizingMode == .exact else {
            return try sizer.fit(at: plan.sizing.size(treeKibibytes: survey.kibibytes).image)
        }
        // Where no size helps, a partition of stated size is too small; the fit of any size says which.
        return try sizer.smallest() ?? sizer.fit(at: .gibibytes(1024))
    }

    /// Fails before anything is copied if the tree cannot fit, or not with the free space that was asked for.
    private func refuseUnlessFits(_ fit: DiskFit, _ sizer: DiskSizer) throws {
        let failing = plan.sizingMode == .exact ? fit.short : fit.impossible
        guard let first = failing.first else { return }
        let hint: String
        if let smallest = try sizer.smallest() {
            hint =
                "ask for --image-size \(plan.imageSizeText(for: smallest.image)) (DIB_IMAGE_SIZE) or more, or for none: "
                + "then the disk is made for the tree"
        } else {
            let least = try sizer.leastSize(of: first.mountPoint, at: fit.image)
            hint = "give '\(first.device)' a size of \(least.map { "at least \($0)" } ?? "its own") in the layout"
        }
        throw AssemblyError(
            .invalidState, "the tree does not fit: " + failing.map(\.text).joined(separator: "; "), hint: hint)
    }

    /// Those of the plan with the paths of this build.
    private var layoutParameters: BlockDeviceParameters {
        var parameters = plan.graph.parameters
        parameters.imageDirectory = workspace.imageDirectory.string
        parameters.mountBase = workspace.mountPath.string
        parameters.buildDirectory = workspace.buildDirectory.string
        return parameters
    }

    /// The second pure step of planning, now that the size is known.
    func finalLayout() throws -> BlockDeviceLayout {
        guard let diskFit else { throw AssemblyError(.invalidState, "the tree has not been measured") }
        var parameters = layoutParameters
        parameters.rootFilesystemOptions = RootFilesystemOptions.text(
            type: plan.blockDevice.rootFilesystemType, request: plan.request, format: diskFit.root,
            features: plan.descriptions.ext4Features)
        parameters.imageSize = diskFit.image
        let graph = try BlockDeviceGraph(BlockDeviceConfiguration(yaml: plan.document.text), parameters: parameters)
        return try BlockDeviceLayout(graph, timestamp: try sourceDate(), using: &random)
    }

    /// Fails before anything is copied if the tree cannot fit where the image file lies.
    func refuseUnlessRoomFor(_ layout: BlockDeviceLayout) throws {
        let tree = survey?.allocated ?? .zero
        let free = try FilesystemSpace.of(workspace.imageDirectory).available
        guard free >= tree else {
            throw AssemblyError(
                .invalidState,
                "no room for the image in '\(workspace.imageDirectory)': the tree takes \(tree), \(free) are free",
                hint: "set TMPDIR to a directory with more room, or build with --no-tmpfs")
        }
    }
}
