package import SystemPackage

/// All elements on `ELEMENTS_PATH`, by name: an earlier directory of the path wins (compat-core section 5.1).
package struct ElementCatalog: Hashable, Sendable {
    /// One sub-directory of a directory of elements, as found.
    package struct Entry: Hashable, Sendable {
        /// The name it has in the directory; differs from the element's when it is a link.
        package let linkName: ElementName
        package let element: Element

        package init(linkName: ElementName, element: Element) {
            self.linkName = linkName
            self.element = element
        }
    }

    /// An element that an earlier directory of the path hides.
    package struct Override: Hashable, Sendable, CustomStringConvertible {
        package let path: FilePath
        package let hidden: FilePath

        /// Upstream's warning.
        package var description: String { "Element <\(path)> overrides <\(hidden)>" }
    }

    private var elements: [ElementName: Element] = [:]
    private var aliases: [ElementName: ElementName] = [:]
    package private(set) var overrides: [Override] = []

    /// Takes the directories in the order of the path.
    package init(directories: [[Entry]]) {
        for entries in directories {
            let (own, links) = entries.sortedByLinkName.partitioned { $0.linkName == $0.element.name }
            for entry in own + links { add(entry.element) }
        }
        for entry in directories.flatMap(\.sortedByLinkName) { addAlias(entry) }
    }

    private mutating func add(_ element: Element) {
        guard let present = elements[element.name] else {
            elements[element.name] = element
            return
        }
        // The same directory reached twice hides nothing (compat-core 13.12).
        if present.path != element.path {
            overrides.append(Override(path: present.path, hidden: element.path))
        }
    }

    /// A link's own name finds its element wherever no element has that name (compat-core 13.34).
    private mutating func addAlias(_ entry: Entry) {
        guard entry.linkName != entry.element.name, elements[entry.linkName] == nil, aliases[entry.linkName] == nil,
            elements[entry.element.name]?.path == entry.element.path
        else { return }
        aliases[entry.linkName] = entry.element.name
    }

    /// The element of that name, or the one a link of that name leads to.
    package subscript(name: ElementName) -> Element? {
        elements[name] ?? aliases[name].flatMap { elements[$0] }
    }

    /// Whether a directory of the path gives nothing to a selection that it would, were other directories not before it.
    package func hidesEverything(in directory: FilePath, from selection: ElementSelection) -> Bool {
        let used = Set(selection.elements.map(\.path))
        return !used.contains { $0.removingLastComponent() == directory }
            && overrides.contains { used.contains($0.path) && $0.hidden.removingLastComponent() == directory }
    }

    /// Names of all elements, without aliases, sorted.
    package var names: [ElementName] { elements.keys.sorted() }

    /// Elements that provide the name, sorted.
    package func providers(of name: ElementName) -> [ElementName] {
        elements.values.filter { $0.provides.contains(name) }.map(\.name).sorted()
    }

    /// Every name that some element provides.
    package var providedNames: Set<ElementName> { Set(elements.values.flatMap(\.provides)) }

    /// The known name most like the given one, if any is near enough to be a slip of the pen.
    package func nearest(to name: ElementName) -> ElementName? {
        nearestWord(to: name.text, among: (elements.keys.map(\.text) + aliases.keys.map(\.text)))
            .map { ElementName($0) }
    }
}

extension [ElementCatalog.Entry] {
    fileprivate var sortedByLinkName: [ElementCatalog.Entry] { sorted { $0.linkName < $1.linkName } }

    fileprivate func partitioned(by isFirst: (Element) -> Bool) -> (Self, Self) {
        (filter(isFirst), filter { !isFirst($0) })
    }
}
