/// Which elements a build has: the requested ones, all they depend on, with virtual names resolved.
///
/// Mirrors upstream's expansion (compat-core section 5.4) but for its chance results (13.4): a name that some element
/// provides is put off until everything else has been expanded, and only then looked up, if no element that is in the
/// build by then provides it.
package struct ElementGraph: Sendable {
    private let catalog: ElementCatalog

    package init(catalog: ElementCatalog) { self.catalog = catalog }

    package func resolve(_ request: ElementRequest) throws(ElementError) -> ElementSelection {
        try resolve(request.items)
    }

    /// Exactly these elements and their dependencies: nothing is implied.
    package func resolve(_ names: [ElementName]) throws(ElementError) -> ElementSelection {
        try resolve(names.map { ElementRequest.Item(name: $0, reason: .commandLine) })
    }

    private func resolve(_ items: [ElementRequest.Item]) throws(ElementError) -> ElementSelection {
        var expansion = ElementExpansion(catalog: catalog)
        try expansion.expand(items.map(\.name))
        let clashes = expansion.clashes(with: items.map(\.name))
        guard clashes.isEmpty else { throw .requestedAreProvided(clashes) }
        guard expansion.providers[.operatingSystem] != nil else {
            throw .operatingSystemMissing(candidates: catalog.providers(of: .operatingSystem))
        }
        return ElementSelection(
            requested: items.map(\.name),
            members: expansion.elements.map { element in
                ElementSelection.Member(element: element, reasons: reasons(for: element, items, expansion))
            },
            providers: expansion.providers)
    }

    private func reasons(
        for element: Element, _ items: [ElementRequest.Item], _ expansion: ElementExpansion
    ) -> [ElementReason] {
        let members = expansion.elements
        var reasons = items.filter { catalog[$0.name]?.name == element.name }.map(\.reason)
        reasons += dependants(of: element, among: members, expansion).map { .dependency(of: $0) }
        let needed = Set(members.flatMap(\.dependencies)).union([.operatingSystem])
        reasons += element.provides.filter { needed.contains($0) }.map { .provides($0) }
        if reasons.isEmpty {
            // What brought it was found, late, to be provided by another element; upstream keeps it as well.
            reasons = dependants(of: element, among: expansion.visited, expansion).map { .dependency(of: $0) }
        }
        var seen: Set<ElementReason> = []
        return reasons.filter { seen.insert($0).inserted }
    }

    private func dependants(
        of element: Element, among elements: [Element], _ expansion: ElementExpansion
    ) -> [ElementName] {
        elements.filter { dependant in
            dependant.name != element.name
                && dependant.dependencies.contains {
                    expansion.providers[$0] == nil && catalog[$0]?.name == element.name
                }
        }.map(\.name)
    }
}
