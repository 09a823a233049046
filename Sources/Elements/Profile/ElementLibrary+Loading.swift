package import SystemPackage

/// All elements that a build could use, with what is told of each.
package struct ElementLibrary: Sendable {
    package let catalog: ElementCatalog
    /// Ingot's own directory of elements.
    package let builtin: FilePath
    private let claims: [ElementName: ElementTesting]

    /// Reads the catalogue of a search path that ends with Ingot's own elements.
    package init(searchPath: String, builtin: FilePath) throws(ElementError) {
        catalog = try ElementCatalog.load(searchPath: searchPath)
        self.builtin = try TextFile.realPath(of: builtin) ?? builtin
        let file = builtin.appending(ElementTesting.fileName)
        claims = try ElementTesting.claims(parsing: TextFile.text(of: file) ?? "", named: file.string)
    }

    /// The elements, sorted by name.
    package func profiles() throws(ElementError) -> [ElementProfile] {
        var profiles: [ElementProfile] = []
        for name in catalog.names {
            if let element = catalog[name] { profiles.append(try profile(of: element)) }
        }
        return profiles
    }

    /// What is told of one element; a broken `element.yaml` counts as none, as `dib-lint` says what is wrong with it.
    package func profile(of element: Element) throws(ElementError) -> ElementProfile {
        let reader = try ElementDescription.reader(of: element.path)
        let isOwn = element.path.removingLastComponent() == builtin
        return ElementProfile(
            element: element, listing: try ElementListing.load(element),
            description: reader?.firstError == nil ? reader?.description : nil,
            readme: try readme(of: element), tested: isOwn ? claims[element.name] : nil)
    }

    package func readme(of element: Element) throws(ElementError) -> ElementReadme? {
        try TextFile.text(of: element.path.appending(ElementReadme.fileName)).map { ElementReadme(parsing: $0) }
    }

    /// The element of a name; an error that says what may be meant.
    package func element(_ name: String) throws(ElementError) -> Element {
        let name = ElementName(name)
        guard let element = catalog[name] else {
            throw .notFound(name, neededBy: nil, nearest: catalog.nearest(to: name))
        }
        return element
    }
}
