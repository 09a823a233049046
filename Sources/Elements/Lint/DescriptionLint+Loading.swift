package import SystemPackage

extension DescriptionLint {
    /// Reads what is in an element's directory; nothing if it has no `element.yaml` among `files`.
    package init?(of element: FilePath, files: [LintedFile]) throws(ElementError) {
        let directories = try DirectoryEntry.entries(of: element).filter(\.isDirectory).map(\.name)
        self.init(element: element, files: files, directories: Set(directories))
    }

    /// Variables that the elements which an element depends on declare, as far as they are found beside it or on a path.
    ///
    /// A missing dependency is no business of a style check.
    package static func inheritedVariables(of element: FilePath, searchPath: [String]) -> Set<String> {
        let parent = element.removingLastComponent().string
        let own = (try? TextFile.realPath(of: element)) ?? element
        let path = ([parent.isEmpty ? "." : parent] + searchPath).filter {
            (try? FilePath($0).stat())?.type == .directory
        }
        guard let catalog = try? ElementCatalog.load(searchPath: path.joined(separator: ":")),
            let start = catalog[ElementName(own.lastComponent?.string ?? "")]
        else { return [] }
        var queue = start.dependencies
        var seen: Set<ElementName> = []
        var names: Set<String> = []
        while let name = queue.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard let found = catalog[name] ?? catalog.providers(of: name).first.flatMap({ catalog[$0] }) else {
                continue
            }
            queue += found.dependencies
            let description = (try? ElementDescription.reader(of: found.path))??.description
            names.formUnion(description?.variables.map(\.name) ?? [])
        }
        return names
    }
}
