import SystemPackage

/// All that can be said of an element without building with it: for lists, documents and completion.
package struct ElementProfile: Hashable, Sendable, Codable {
    /// A phase and its hooks in the order in which they run.
    package struct Phase: Hashable, Sendable, Codable {
        package let phase: HookPhase
        package let hooks: [String]

        package init(phase: HookPhase, hooks: [String]) {
            self.phase = phase
            self.hooks = hooks
        }
    }

    package let name: String
    package let path: String
    /// Of `element.yaml`, else the first sentence of the README; may be empty.
    package let summary: String
    package let dependencies: [String]
    package let provides: [String]
    /// Phases with at least one hook.
    package let phases: [Phase]
    package let distributions: [String]?
    package let architectures: [String]?
    package let variables: [ElementVariable]
    /// Nothing if the element does not say.
    package let inputs: [ElementInput]?
    /// Names of its functional tests, in upstream's layout.
    package let tests: [String]
    /// How Ingot's own tests use it; nothing for elements of others.
    package let tested: ElementTesting?

    package init(
        element: Element, listing: ElementListing, description: ElementDescription?, readme: ElementReadme?,
        tested: ElementTesting? = nil
    ) {
        name = element.name.text
        path = element.path.string
        summary = description.map(\.summary).flatMap { $0.isEmpty ? nil : $0 } ?? readme?.firstSentence ?? ""
        dependencies = element.dependencies.map(\.text)
        provides = element.provides.map(\.text)
        phases = HookPhase.allCases.compactMap { phase in
            guard let directory = listing.directories.first(where: { $0.name == phase.directoryName }) else {
                return nil
            }
            let hooks = HookListing(
                phase: phase, directory: listing.path.appending(directory.name), entries: directory.entries
            ).hooks()
            return hooks.isEmpty ? nil : Phase(phase: phase, hooks: hooks.map(\.fileName))
        }
        distributions = description?.distributions
        architectures = description?.architectures
        variables = description?.variables ?? []
        inputs = description?.inputs
        tests = listing.directories.filter { $0.name == Self.testDirectory }
            .flatMap { $0.entries.filter(\.isDirectory).map(\.name) }
        self.tested = tested
    }

    /// Where upstream has the functional tests of an element: an element each.
    package static let testDirectory = "test-elements"
}
