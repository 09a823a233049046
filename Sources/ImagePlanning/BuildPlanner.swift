package import Basics
import BlockDevices
package import Elements
import SystemPackage

/// Turns a request and what was read for it into a plan, or refuses it; no effects.
package struct BuildPlanner: Sendable {
    package let request: BuildRequest
    package let selection: ElementSelection
    package let listings: [ElementListing]
    package let document: BlockDeviceDocument
    package let memoryAvailable: ByteCount
    /// Filesystems that the kernel cannot mount, and that need it not.
    package let offlineTypes: Set<String>
    package let checks: VariableChecks
    /// Hooks that look for block devices.
    package let deviceMentions: [DeviceMention]

    package init(
        request: BuildRequest, selection: ElementSelection, listings: [ElementListing], document: BlockDeviceDocument,
        memoryAvailable: ByteCount, offlineTypes: Set<String> = [],
        deviceMentions: [DeviceMention] = [], checks: VariableChecks? = nil
    ) {
        self.checks =
            checks ?? VariableChecks(request: request, elements: selection.names, descriptions: .none)
        self.request = request
        self.selection = selection
        self.listings = listings
        self.document = document
        self.memoryAvailable = memoryAvailable
        self.offlineTypes = offlineTypes
        self.deviceMentions = deviceMentions
    }

    package func plan() throws -> BuildPlan {
        try refuseImpossible()
        try checks.refuse()
        let policy = WorkspacePolicy(request: request, memoryAvailable: memoryAvailable)
        let (name, outputs) = PlannedOutput.outputs(
            name: request.imageName, formats: request.formats, dockerTarget: request.dockerTarget)
        try refuseUnlessFileName(name)
        let workspace = BuildWorkspace(planned: FilePath(policy.parentDirectory))
        let backend = try BackendChoice(
            wish: request.backend, mode: request.mode, graph: try blockDeviceGraph(in: workspace),
            descriptions: checks.descriptions, elements: selection.names, mentions: deviceMentions)
        let graph = try blockDeviceGraph(in: workspace, backend: backend.backend)
        let writesFinalImage = request.mode != .ramdisk && !selection.containsName(including: "no-final-image")
        let plan = BuildPlan(
            request: request, selection: selection, checks: checks, staging: try StagingPlan(listings),
            document: document,
            graph: graph, backend: backend, blockDevice: try BlockDeviceVariables(graph), workspacePolicy: policy,
            imageName: name,
            outputs: outputs.filter { writesFinalImage || $0.format.isArchive },
            steps: BuildSequence.steps(
                packages: request.packages, formats: request.formats, writesFinalImage: writesFinalImage),
            warnings: [policy.warning].compactMap { $0 } + checks.warnings)
        try plan.refuseUnlessLayoutFits()
        return plan
    }

    /// The nodes of the disk, checked, with the root's parameters merged in.
    private func blockDeviceGraph(in workspace: BuildWorkspace, backend: DiskBackend = .loop) throws -> BlockDeviceGraph
    {
        let configuration = try BlockDeviceConfiguration(yaml: document.text)
        let parameters = BlockDeviceParameters(
            rootFilesystemType: request.filesystemType, rootLabel: request.rootLabel,
            mountBase: workspace.mountPath.string,
            sectorSize: request.environment.nonEmpty("DIB_BLOCK_SIZE").flatMap { UInt64($0) },
            offlineTypes: offlineTypes, backend: backend)
        return try BlockDeviceGraph(configuration, parameters: parameters)
    }

    private func refuseImpossible() throws(PlanError) {
        if let device = request.environment.nonEmpty("IMAGE_BLOCK_DEVICE") {
            throw PlanError(
                "IMAGE_BLOCK_DEVICE is '\(device)', but this version makes the disk itself",
                hint: "unset IMAGE_BLOCK_DEVICE, and describe the disk by DIB_BLOCK_DEVICE_CONFIG")
        }
        for (name, text) in [("--image-size", request.imageSize), ("--image-extra-size", request.imageExtraSize)] {
            guard let text else { continue }
            guard let number = Double(leading: text) else {
                throw PlanError("image size '\(text)' is not a number", hint: "for example \(name) 1.5")
            }
            if name == "--image-size", number == 0 {
                throw PlanError("image size '\(text)' leaves no room for anything")
            }
        }
        if let text = request.journalSize, !(1...Self.largestJournal).contains(UInt64(text) ?? 0) {
            throw PlanError(
                "journal size '\(text)' is not a whole number of MiB from 1 to \(Self.largestJournal)",
                hint: "leave out --mkfs-journal-size (DIB_JOURNAL_SIZE) for 64 MiB, or less on a tiny disk")
        }
        let isDated = request.environment.nonEmpty("SOURCE_DATE_EPOCH") != nil
        if isDated || request.formats.contains(where: \.isArchive) { _ = try TreeOptions(request) }
        try refuseBadSizing()
        if request.backend == nil, let text = request.environment.nonEmpty("INGOT_BACKEND") {
            throw PlanError("INGOT_BACKEND is '\(text)', not 'auto', 'file' or 'loop'")
        }
        try refuseBadNumber("DIB_MIN_TMPFS", "GiB", below: 1 << 20)
        try refuseBadNumber("DIB_BLOCK_SIZE", "bytes", below: 1 << 32)
    }

    private func refuseBadSizing() throws(PlanError) {
        let environment = request.environment
        if request.sizing == nil, let text = environment.nonEmpty("INGOT_SIZING") {
            throw PlanError("INGOT_SIZING is '\(text)', not 'exact' or 'compatible'")
        }
        if request.freeSpace == nil, let text = environment.nonEmpty("INGOT_FREE_SPACE") {
            throw PlanError(
                "INGOT_FREE_SPACE is '\(text)', neither a size nor a percentage up to 90",
                hint: "for example 500MiB, or 20%")
        }
        if request.sizing == .compatible, request.freeSpace != nil {
            throw PlanError(
                "free space is asked for, which compatible sizing does not know",
                hint: "leave out --sizing compatible (INGOT_SIZING), or use --image-extra-size for --free")
        }
    }

    /// What mke2fs takes: 10 240 000 blocks of 4 KiB.
    private static let largestJournal: UInt64 = 40_000

    private func refuseBadNumber(_ variable: String, _ unit: String, below limit: UInt64) throws(PlanError) {
        guard let text = request.environment.nonEmpty(variable) else { return }
        guard let value = UInt64(text), value < limit else {
            throw PlanError("\(variable) '\(text)' is not a whole number of \(unit)")
        }
    }

    /// `name` is the one without the suffix of its format: `.qcow2` is nothing but a suffix.
    private func refuseUnlessFileName(_ name: String) throws(PlanError) {
        guard name.isEmpty || name.hasSuffix("/") else { return }
        throw PlanError("'-o \(request.imageName)' names no file", hint: "give a file name without suffix")
    }
}

extension Double {
    /// The number a text begins with, as awk reads `10GB` as 10; nil if it begins with none, or is negative.
    package init?(leading text: String) {
        self.init(text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") })
    }
}
