package import Basics
package import Elements
package import SystemPackage

extension BuildPlan {
    /// Reads what a request needs (elements, their listings, the block-device document) and plans it.
    ///
    /// `builtinElements` are appended to `ELEMENTS_PATH`, as upstream appends its own.
    package static func load(
        _ request: BuildRequest, builtinElements: FilePath, memoryAvailable: ByteCount
    ) throws -> BuildPlan {
        var request = request
        let userPath = request.environment.nonEmpty("ELEMENTS_PATH").map { [$0] } ?? []
        let searchPath = (userPath + [builtinElements.string]).joined(separator: ":")
        request.elementsPath = searchPath.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard !request.elements.isEmpty || !request.environmentElements.isEmpty else {
            throw PlanError(
                "ERROR: At least one distribution root element must be specified",
                hint: "for example: disk-image-create -o debian debian-minimal vm")
        }
        let catalog = try ElementCatalog.load(searchPath: searchPath)
        let selection = try ElementGraph(catalog: catalog).resolve(request.elementRequest)
        let listings = try ElementListing.load(selection.elements)
        let document = try BlockDeviceDocument.load(
            environment: request.environment, elements: selection.elements, architecture: request.architecture)
        return try BuildPlanner(
            request: request, selection: selection, listings: listings, document: document,
            memoryAvailable: memoryAvailable
        ).plan()
    }
}

extension BuildRequest {
    /// What the request asks of the element graph.
    package var elementRequest: ElementRequest {
        ElementRequest(
            environmentElements: environmentElements.map { ElementName($0) },
            commandLineElements: elements.map { ElementName($0) }, skipsBase: skipBase,
            ramdiskElement: mode == .ramdisk ? ElementName(ramdiskElement) : nil, architecture: architecture)
    }
}
