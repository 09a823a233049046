import Basics
import DiskFormats
import Elements
import Foundation
import ImagePlanning
import LinuxOS
import Provenance
import SystemPackage

/// What a build says of its image in documents: bills of materials and provenance.
extension ImageAssembler {
    private var wantsDocuments: Bool { !plan.request.bills.isEmpty || plan.request.writesProvenance }

    /// Reads what is installed, when all hooks have run and the tree is still there.
    func takeInventory() async throws {
        guard wantsDocuments else { return }
        let found = try await PackageInventory.read(
            root: workspace.mountPath, scratch: workspace.statePath, runner: runner, runsTree: true)
        for problem in found.problems { monitor.receive(.warning("packages are missing in the documents: \(problem)")) }
        inventory = found
    }

    /// Writes the documents beside the image, after everything that they speak of.
    func publishDocuments() async throws {
        guard wantsDocuments, let inventory, !artifacts.isEmpty else { return }
        var files: [SoftwareBill.File] = []
        for artifact in artifacts {
            let digest = try await onOwnThread("digest") { try FileDigest.compute(of: artifact.path) }
            let name = artifact.path.lastComponent?.string ?? artifact.path.string
            files.append(SoftwareBill.File(name: name, sha256: digest.sha256))
        }
        let packages = inventory.packages(attributedBy: layers?.record)
        let base = FilePath(plan.imageName).lastComponent?.string ?? plan.imageName
        let bill = SoftwareBill(
            image: base, system: inventory.system, packages: packages, files: files,
            time: try sourceDate() ?? UInt64(Date().timeIntervalSince1970), toolVersion: cacheTraits.version)
        for format in plan.request.bills {
            try write(try format.document(of: bill), suffix: format.suffix)
        }
        if plan.request.writesProvenance {
            let statement = try provenance(of: files, inventory.system, packages)
            try write(try DocumentText.json(statement), suffix: ProvenanceStatement.suffix)
        }
    }

    private func write(_ document: Data, suffix: String) throws {
        let path = FilePath(plan.imageName + suffix)
        try AtomicFile.write(document, to: path)
        say("Document \(path) written")
    }

    /// Seconds since 1970 that stand for the time of the build, if someone says so.
    func sourceDate() throws -> UInt64? { try TreeOptions(plan.request).sourceDate.map(UInt64.init) }

    private func provenance(
        of files: [SoftwareBill.File], _ system: SystemRelease, _ packages: [InstalledPackage]
    ) throws -> ProvenanceStatement {
        let request = plan.request
        return try ProvenanceStatement(
            outputs: files,
            parameters: .init(
                elements: request.environmentElements + request.elements, architecture: request.architecture.name,
                formats: request.formats.map(\.name), packages: request.packages, arguments: request.arguments,
                variables: statedVariables),
            plan: .init(
                elements: plan.selection.names.map(\.text),
                hooks: plan.hooks.all.map { "\($0.element.text) \($0.phase.rawValue)/\($0.fileName)" },
                steps: plan.steps.map(\.title)),
            materials: try elementMaterials() + archiveMaterials + fetchedMaterials
                + packages.map { .init(name: $0.name, uri: $0.url(on: system)) },
            time: try sourceDate(), toolVersion: cacheTraits.version)
    }

    /// Settings that the caller has given and that elements or the program look at, without secrets.
    private var statedVariables: [String: String] {
        let declared = Set(plan.descriptions.variables.map(\.variable.name))
        let secrets = plan.descriptions.secretNames
        let environment = plan.request.environment
        return environment.dictionary.filter { name, value in
            let isSetting =
                name.hasPrefix("DIB_") || declared.contains(name) || KeyVariables.settings.contains(name)
                || name == "SOURCE_DATE_EPOCH"
            return isSetting && !secrets.contains(name) && !cacheTraits.isSecret(name, value)
        }
    }

    /// The elements, each with a digest over names, modes and bytes of its files.
    private func elementMaterials() throws -> [ProvenanceStatement.Material] {
        try plan.selection.elements.map { element in
            .init(
                name: "element \(element.name.text)", uri: "urn:ingot:element:\(element.name.text)",
                digest: ["ingotTree": try InputAsker.digest(ofFile: element.path.string)])
        }
    }

    /// Package indexes, files, addresses and commits that hooks have declared, with what they were.
    private var archiveMaterials: [ProvenanceStatement.Material] {
        let answers = layers?.used.flatMap(\.manifest.answers) ?? []
        return answers.compactMap { answer in
            let words = answer.question.split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count > 1, !answer.digest.isEmpty else { return nil }
            let digest = words[0] == "git" ? ["ingotAnswer": answer.digest] : ["sha256": answer.digest]
            return .init(name: answer.question, uri: words[1].contains(":") ? words[1] : nil, digest: digest)
        }
    }
}
