import Basics
import Elements
import SystemPackage
import Testing

/// A random catalogue and request; provides are rare, so that most graphs resolve.
private struct RandomGraph {
    let catalog: ElementCatalog
    let requested: [ElementName]
    var generator: SeededGenerator

    init(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let names = (0..<Int.random(in: 2...14, using: &generator)).map { ElementName("e\($0)") }
        let virtual: [ElementName] = ["v0", "v1", "operating-system"]
        var sketches: ElementSketches = [:]
        for name in names {
            var sketch = ElementSketch()
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                let pool = Int.random(in: 0..<8, using: &generator) == 0 ? virtual : names
                if let dependency = pool.randomElement(using: &generator) { sketch.dependencies.append(dependency) }
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let pool = Bool.random(using: &generator) ? virtual : names.filter { $0 != name }
                if let provided = pool.randomElement(using: &generator) { sketch.provides.append(provided) }
            }
            sketches[name] = sketch
        }
        sketches["os"] = .provides("operating-system")
        catalog = ElementCatalog(sketches)
        var requested = names.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
        if Bool.random(using: &generator) { requested.append("os") }
        self.requested = requested
        self.generator = generator
    }

    func resolve(_ names: [ElementName]) -> ElementSelection? { try? ElementGraph(catalog: catalog).resolve(names) }
}

private let seeds = 0..<256

@Suite struct ElementGraphPropertyTests {
    @Test(arguments: seeds) func theSetDoesNotDependOnTheOrderOfTheRequest(seed: Int) {
        var graph = RandomGraph(seed: seed)
        let first = graph.resolve(graph.requested)
        for _ in 0..<4 {
            let shuffled = graph.resolve(graph.requested.shuffled(using: &graph.generator))
            #expect(shuffled.map { Set($0.names) } == first.map { Set($0.names) })
            #expect(shuffled?.providers == first?.providers)
        }
    }

    @Test(arguments: seeds) func aSelectionIsClosedAndWithoutRepeats(seed: Int) throws {
        let graph = RandomGraph(seed: seed)
        guard let selection = graph.resolve(graph.requested) else { return }
        let names = Set(selection.names)
        #expect(names.count == selection.members.count)
        #expect(names.isSuperset(of: graph.requested))
        #expect(names.isDisjoint(with: selection.providers.keys))
        #expect(selection.providers[.operatingSystem] != nil)
        for member in selection.members {
            let missing = member.element.dependencies.filter { !names.contains($0) && selection.providers[$0] == nil }
            #expect(missing.isEmpty)
            #expect(!member.reasons.isEmpty)
        }
    }

    @Test(arguments: seeds) func theOrderOfASelectionIsFixed(seed: Int) {
        let graph = RandomGraph(seed: seed)
        #expect(graph.resolve(graph.requested) == graph.resolve(graph.requested))
    }

    @Test func mostRandomGraphsResolve() {
        let resolved = seeds.filter { seed in
            let graph = RandomGraph(seed: seed)
            return graph.resolve(graph.requested) != nil
        }
        #expect(resolved.count > 60)
    }
}
