package import SystemPackage

/// Variables that elements declare, read once for the checks of many elements.
package struct DeclaredVariables {
    /// Nothing if a directory of the path cannot be read: a missing dependency is no business of a style check.
    private let catalog: ElementCatalog?
    private var own: [ElementName: Set<String>] = [:]

    /// Takes directories in the order of `ELEMENTS_PATH`; those that are not there, or come twice, do not count.
    package init(searchPath: [String]) {
        var paths: [String] = []
        for path in searchPath {
            guard (try? FilePath(path).stat())?.type == .directory,
                let real = (try? TextFile.realPath(of: FilePath(path)))?.string, !paths.contains(real)
            else { continue }
            paths.append(real)
        }
        catalog = try? ElementCatalog.load(searchPath: paths.joined(separator: ":"))
    }

    /// Those of the elements that an element depends on, as far as they are found.
    package mutating func inherited(by element: FilePath) -> Set<String> {
        let real = (try? TextFile.realPath(of: element)) ?? element
        guard let catalog, let start = catalog[ElementName(real.lastComponent?.string ?? "")] else { return [] }
        var queue = start.dependencies
        var seen: Set<ElementName> = []
        var names: Set<String> = []
        while let name = queue.popLast() {
            guard seen.insert(name).inserted else { continue }
            guard let found = catalog[name] ?? catalog.providers(of: name).first.flatMap({ catalog[$0] }) else {
                continue
            }
            queue += found.dependencies
            names.formUnion(declared(by: found))
        }
        return names
    }

    private mutating func declared(by element: Element) -> Set<String> {
        if let known = own[element.name] { return known }
        let description = (try? ElementDescription.reader(of: element.path))??.description
        let names = Set(description?.variables.map(\.name) ?? [])
        own[element.name] = names
        return names
    }
}
