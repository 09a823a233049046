/// The names of each node of a tree, in the order of directories.
struct BtrfsLinks {
    struct Place {
        let directory: Int
        /// In the directory's list.
        let entry: Int
    }

    private var starts: [Int]
    private var places: [Place]

    init(of tree: FileTree) {
        var counts = [Int](repeating: 0, count: tree.nodes.count + 1)
        func forEach(_ body: (_ node: Int, Place) -> Void) {
            for (directory, node) in tree.nodes.enumerated() {
                guard case .directory(let entries) = node.content else { continue }
                for (index, entry) in entries.enumerated() {
                    body(entry.node, Place(directory: directory, entry: index))
                }
            }
        }
        forEach { node, _ in counts[node + 1] += 1 }
        for index in counts.indices.dropFirst() { counts[index] += counts[index - 1] }
        starts = counts
        var places = [Place](repeating: Place(directory: 0, entry: 0), count: counts[counts.count - 1])
        forEach { node, place in
            places[counts[node]] = place
            counts[node] += 1
        }
        self.places = places
    }

    subscript(node: Int) -> ArraySlice<Place> { places[starts[node]..<starts[node + 1]] }
}
