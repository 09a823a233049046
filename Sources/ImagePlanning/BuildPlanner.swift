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

    package init(
        request: BuildRequest, selection: ElementSelection, listings: [ElementListing], document: BlockDeviceDocument,
        memoryAvailable: ByteCount
    ) {
        self.request = request
        self.selection = selection
        self.listings = listings
        self.document = document
        self.memoryAvailable = memoryAvailable
    }

    package func plan() throws -> BuildPlan {
        try refuseImpossible()
        let policy = WorkspacePolicy(request: request, memoryAvailable: memoryAvailable)
        let (name, outputs) = PlannedOutput.outputs(name: request.imageName, formats: request.formats)
        let graph = try blockDeviceGraph(in: BuildWorkspace(planned: FilePath(policy.parentDirectory)))
        let writesFinalImage = request.mode != .ramdisk && !selection.containsName(including: "no-final-image")
        return BuildPlan(
            request: request, selection: selection, staging: try StagingPlan(listings), document: document,
            graph: graph, blockDevice: try BlockDeviceVariables(graph), workspacePolicy: policy, imageName: name,
            outputs: outputs.filter { writesFinalImage || $0.format.isArchive },
            steps: BuildSequence.steps(
                packages: request.packages, formats: request.formats, writesFinalImage: writesFinalImage),
            warnings: [policy.warning].compactMap { $0 })
    }

    /// The nodes of the disk, checked, with the root's parameters merged in.
    private func blockDeviceGraph(in workspace: BuildWorkspace) throws -> BlockDeviceGraph {
        let configuration = try BlockDeviceConfiguration(yaml: document.text)
        let parameters = BlockDeviceParameters(
            rootFilesystemType: request.filesystemType, rootLabel: request.rootLabel,
            mountBase: workspace.mountPath.string,
            sectorSize: request.environment.nonEmpty("DIB_BLOCK_SIZE").flatMap { UInt64($0) })
        let graph = try BlockDeviceGraph(configuration, parameters: parameters)
        if graph.requiresDeviceMapper {
            throw PlanError(
                "the block-device configuration uses LVM, which this version does not build",
                hint: "use a layout without 'lvm'; docs/compatibility.md says what is there")
        }
        return graph
    }

    private func refuseImpossible() throws(PlanError) {
        if request.mode == .ramdisk {
            throw PlanError(
                "ramdisks are not built by this version", hint: "docs/compatibility.md says which issue brings them")
        }
        for text in [request.imageSize, request.imageExtraSize].compactMap({ $0 }) where Double(leading: text) == nil {
            throw PlanError("image size '\(text)' is not a number", hint: "give GiB, for example --image-size 1.5")
        }
        if let journal = request.journalSize, UInt64(journal) == nil {
            throw PlanError("journal size '\(journal)' is not a whole number of MiB")
        }
        if request.imageName.isEmpty || request.imageName.hasSuffix("/") {
            throw PlanError("'-o \(request.imageName)' names no file", hint: "give a file name without suffix")
        }
    }
}

extension Double {
    /// The number a text begins with, as awk reads `10GB` as 10; nil if it begins with none, or is negative.
    package init?(leading text: String) {
        self.init(text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") })
    }
}
