package import Basics
package import Elements
import Foundation
package import SystemPackage

extension BuildPlan {
    /// Reads what a request needs (elements, their listings, the block-device document) and plans it.
    ///
    /// `builtinElements` are appended to `ELEMENTS_PATH`, as upstream appends its own; hooks do not see them there if
    /// the caller's elements replace each one the build would have used. Upstream's `package-installs` reads the package
    /// lists of hidden elements, too, and a whole library of the caller's must not install what ours asks for.
    /// `offlineTypes` are the filesystems that this host's kernel cannot mount and that are filled without it.
    package static func load(
        _ request: BuildRequest, builtinElements: FilePath, memoryAvailable: ByteCount,
        offlineTypes: Set<String> = []
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
        let realBuiltin = FilePath(URL(filePath: builtinElements.string).resolvingSymlinksInPath().path)
        if catalog.hidesEverything(in: realBuiltin, from: selection) { request.elementsPath.removeLast() }
        let listings = try ElementListing.load(selection.elements)
        let document = try BlockDeviceDocument.load(
            environment: request.environment, elements: selection.elements, architecture: request.architecture)
        return try BuildPlanner(
            request: request, selection: selection, listings: listings, document: document,
            memoryAvailable: memoryAvailable, offlineTypes: offlineTypes,
            deviceMentions: try DeviceMention.load(listings),
            checks: try VariableChecks.load(request, selection: selection, catalog: catalog, listings: listings)
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
