/// A directed graph had a cycle; `members` names it in order.
package struct CycleError<Node: Hashable & Sendable>: Error, CustomStringConvertible {
    package let members: [Node]
    package var description: String {
        "cycle: " + (members + members.prefix(1)).map { "\($0)" }.joined(separator: " → ")
    }
}

/// A topological order of `nodes`, stable: whenever several nodes are ready, the one declared first goes first.
///
/// `predecessors` gives, for a node, those that must come before it; names outside `nodes` are ignored.
package func topologicalOrder<Node: Hashable & Sendable>(
    of nodes: [Node], predecessors: (Node) -> [Node]
) throws(CycleError<Node>) -> [Node] {
    let known = Set(nodes)
    var waiting: [Node: Set<Node>] = [:]
    for node in nodes { waiting[node] = Set(predecessors(node).filter { known.contains($0) }) }
    var remaining = nodes
    var order: [Node] = []
    while !remaining.isEmpty {
        guard let index = remaining.firstIndex(where: { waiting[$0, default: []].isEmpty }) else {
            throw CycleError(members: cycle(among: remaining, waiting: waiting))
        }
        let node = remaining.remove(at: index)
        order.append(node)
        for other in remaining { waiting[other]?.remove(node) }
    }
    return order
}

/// Walks unmet predecessors until a node repeats: every remaining node has one, so a cycle must appear.
private func cycle<Node: Hashable>(among remaining: [Node], waiting: [Node: Set<Node>]) -> [Node] {
    var path: [Node] = []
    var current = remaining[0]
    while !path.contains(current) {
        path.append(current)
        guard let next = remaining.first(where: { waiting[current, default: []].contains($0) }) else { return path }
        current = next
    }
    guard let start = path.firstIndex(of: current) else { return path }
    return path[start...].reversed()
}
