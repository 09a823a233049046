package import Elements
import Foundation
import SystemPackage

extension VariableChecks {
    /// Reads what the checks need: descriptions, files of `environment.d`, and, only if a variable looks misspelt, every
    /// file of the build's elements and the descriptions of all others.
    package static func load(
        _ request: BuildRequest, selection: ElementSelection, catalog: ElementCatalog, listings: [ElementListing]
    ) throws(ElementError) -> VariableChecks {
        let descriptions = try ElementDescriptions.load(selection.elements, isLenient: request.mode != .native)
        return VariableChecks(
            request: request, elements: selection.names, descriptions: descriptions,
            assignments: assignments(listings),
            misspelt: try misspelt(request, selection: selection, catalog: catalog))
    }

    private static func misspelt(
        _ request: BuildRequest, selection: ElementSelection, catalog: ElementCatalog
    ) throws(ElementError) -> [MisspeltVariable] {
        let suspects = MisspeltVariable.suspects(in: request.environment)
        guard !suspects.isEmpty else { return [] }
        let mentioned = try ElementMentions.names(in: selection.elements)
        guard suspects.contains(where: { !mentioned.contains($0) }) else { return [] }
        let all = try ElementDescriptions.load(catalog.names.compactMap { catalog[$0] }, isLenient: true)
        return MisspeltVariable.among(
            suspects, mentioned: mentioned, declared: Set(all.variables.map(\.variable.name)))
    }

    /// In the order in which the files are sourced: by their names, whatever element they are of.
    package static func assignments(_ listings: [ElementListing]) -> [EnvironmentAssignment] {
        let files = listings.flatMap { listing in
            listing.directories.filter { $0.name == EnvironmentScripts.directoryName }.flatMap { directory in
                directory.entries.filter { $0.isFile && !$0.isHidden }.map { entry in
                    (
                        name: entry.name, element: listing.element,
                        path: listing.path.appending(directory.name).appending(entry.name)
                    )
                }
            }
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.flatMap { file in
            let text = (try? String(contentsOfFile: file.path.string, encoding: .utf8)) ?? ""
            return EnvironmentAssignment.assignments(in: text, of: file.element)
        }
    }
}
