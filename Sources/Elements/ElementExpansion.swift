/// The state of one expansion of a list of names: what was visited, what is put off, who provides what.
struct ElementExpansion {
    private let catalog: ElementCatalog
    /// Names that may turn out to be provided by an element of the build.
    private let providable: Set<ElementName>
    private var queue: [Wanted] = []
    private var deferred: [Wanted] = []
    private var queued: Set<ElementName> = []
    /// All that was looked up, in order, with those that turned out to be provided afterwards.
    private(set) var visited: [Element] = []
    private(set) var providers: [ElementName: ElementName] = [:]

    private struct Wanted {
        let name: ElementName
        let dependant: ElementName?
    }

    init(catalog: ElementCatalog) {
        self.catalog = catalog
        providable = catalog.providedNames
    }

    /// The elements found, in order of discovery, without those that another one stands for.
    var elements: [Element] { visited.filter { providers[$0.name] == nil } }

    /// Requested names that an element of the build provides: the caller must choose.
    func clashes(with requested: [ElementName]) -> [ElementError.ProvidedName] {
        var seen: Set<ElementName> = []
        return requested.filter { seen.insert($0).inserted }.compactMap { name in
            let canonical = catalog[name]?.name ?? name
            return (providers[name] ?? providers[canonical]).map { ElementError.ProvidedName(name: name, provider: $0) }
        }
    }

    mutating func expand(_ requested: [ElementName]) throws(ElementError) {
        for name in requested { enqueue(Wanted(name: name, dependant: nil)) }
        var next = 0
        repeat {
            while next < queue.count {
                let wanted = queue[next]
                next += 1
                if providable.contains(wanted.name) {
                    deferred.append(wanted)
                } else {
                    try visit(wanted)
                }
            }
            if let wanted = takeDeferred() { try visit(wanted) }
        } while next < queue.count || !deferred.isEmpty
    }

    /// The name put off to look up next; those provided meanwhile are forgotten.
    ///
    /// Elements go before names that only a provider could satisfy, and before names that they provide themselves; ties
    /// go by name, so that the outcome does not depend on the order of the request.
    private mutating func takeDeferred() -> Wanted? {
        deferred.removeAll { providers[$0.name] != nil }
        deferred.sort { $0.name < $1.name }
        let known = deferred.compactMap { catalog[$0.name] }
        let index =
            deferred.firstIndex { wanted in
                catalog[wanted.name] != nil
                    && !known.contains { $0.name != wanted.name && $0.provides.contains(wanted.name) }
            } ?? deferred.firstIndex { catalog[$0.name] != nil } ?? deferred.indices.first
        return index.map { deferred.remove(at: $0) }
    }

    private mutating func enqueue(_ wanted: Wanted) {
        let name = catalog[wanted.name]?.name ?? wanted.name
        guard queued.insert(name).inserted else { return }
        queue.append(Wanted(name: name, dependant: wanted.dependant))
    }

    private mutating func visit(_ wanted: Wanted) throws(ElementError) {
        guard providers[wanted.name] == nil else { return }
        guard let element = catalog[wanted.name] else {
            throw .notFound(wanted.name, neededBy: wanted.dependant, nearest: catalog.nearest(to: wanted.name))
        }
        for name in element.provides {
            if let provider = providers[name] { throw .alreadyProvided(name, by: provider, and: element.name) }
            providers[name] = element.name
        }
        visited.append(element)
        for name in element.dependencies { enqueue(Wanted(name: name, dependant: element.name)) }
    }
}
