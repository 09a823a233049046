import Basics
import TestSupport
import Testing

@Suite struct TopologicalOrderTests {
    private func order(_ nodes: [String], _ edges: [String: [String]]) throws -> [String] {
        try topologicalOrder(of: nodes) { edges[$0] ?? [] }
    }

    @Test(
        "predecessors come first, and of those that are ready the first declared",
        arguments: [
            (["a", "b", "c"], [:], ["a", "b", "c"]),
            (["c", "b", "a"], [:], ["c", "b", "a"]),
            (["a", "b", "c"], ["a": ["c"]], ["b", "c", "a"]),
            (["a", "b", "c", "d"], ["a": ["d"], "b": ["d"]], ["c", "d", "a", "b"]),
            (["a", "b"], ["a": ["not-in-the-graph"]], ["a", "b"]),
            (["a", "b"], ["b": ["a", "a"]], ["a", "b"]),
            ([], [:], []),
        ] as [([String], [String: [String]], [String])])
    func orders(nodes: [String], edges: [String: [String]], expected: [String]) throws {
        #expect(try order(nodes, edges) == expected)
    }

    @Test(
        "a cycle is named in order",
        arguments: [
            (["a"], ["a": ["a"]], "cycle: a → a"),
            (["a", "b"], ["a": ["b"], "b": ["a"]], "cycle: b → a → b"),
            (["x", "a", "b", "c"], ["a": ["c"], "b": ["a"], "c": ["b"], "x": ["a"]], "cycle: b → c → a → b"),
        ] as [([String], [String: [String]], String)])
    func namesCycles(nodes: [String], edges: [String: [String]], text: String) throws {
        let error = #expect(throws: CycleError<String>.self) { try order(nodes, edges) }
        let members = try #require(error?.members)
        #expect(error?.description == text)
        for (index, member) in members.enumerated() {
            let next = members[(index + 1) % members.count]
            #expect(edges[next]?.contains(member) == true, "\(member) is no predecessor of \(next)")
        }
    }

    @Test("random acyclic graphs come out complete and in order", arguments: 0..<32)
    func holdsForRandomGraphs(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let nodes = (0..<Int.random(in: 1...24, using: &generator)).map { $0 }
        let ranks = nodes.shuffled(using: &generator)
        var edges: [Int: [Int]] = [:]
        for _ in 0..<nodes.count * 2 {
            guard let a = nodes.randomElement(using: &generator), let b = nodes.randomElement(using: &generator) else {
                continue
            }
            if ranks[a] < ranks[b] { edges[b, default: []].append(a) }
        }
        let order = try topologicalOrder(of: nodes) { edges[$0] ?? [] }
        #expect(order.sorted() == nodes)
        for (node, predecessors) in edges {
            let position = try #require(order.firstIndex(of: node))
            for predecessor in predecessors { #expect(order[..<position].contains(predecessor)) }
        }
    }
}
