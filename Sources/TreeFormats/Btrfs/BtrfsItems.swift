/// The items of a tree in the order of their keys: what is known before a byte of them is written, and the bytes.
///
/// A tree is gone through more than once: first for the sizes, from which it follows where everything lies, then for
/// the bytes. So that no tree is ever whole in memory, bytes are made when somebody asks for them.
protocol BtrfsItems {
    typealias Visitor = (_ key: BtrfsKey, _ size: Int, _ bytes: () throws -> [UInt8]) throws -> Void

    func forEach(_ visit: Visitor) throws
}

/// A few items that are there already.
struct BtrfsItemList: BtrfsItems {
    private let items: [(key: BtrfsKey, bytes: [UInt8])]

    init(_ items: [(key: BtrfsKey, bytes: [UInt8])]) { self.items = items.sorted { $0.key < $1.key } }

    func forEach(_ visit: Visitor) throws {
        for item in items { try visit(item.key, item.bytes.count) { item.bytes } }
    }
}

/// How items divide among the nodes of a tree: leaves as full as their order allows, and nodes above them.
struct BtrfsShape: Hashable {
    /// Of a node's header, of an item's entry in a leaf, and of the entry of a node in the one above it.
    static let header = 101
    static let entry = 25
    static let pointer = 33

    /// Nodes of each level, leaves first; there is one root.
    let levels: [Int]

    var count: Int { levels.reduce(0, +) }

    init(of items: some BtrfsItems, nodeSize: Int) throws {
        var filling = Filling(nodeSize: nodeSize)
        var leaves = 1
        try items.forEach { _, size, _ in if filling.add(size) { leaves += 1 } }
        var levels = [leaves]
        let width = (nodeSize - Self.header) / Self.pointer
        while let last = levels.last, last > 1 { levels.append((last + width - 1) / width) }
        self.levels = levels
    }

    /// Decides which item begins a new leaf.
    struct Filling {
        let nodeSize: Int
        private var used = BtrfsShape.header

        init(nodeSize: Int) { self.nodeSize = nodeSize }

        mutating func add(_ size: Int) -> Bool {
            let isNext = used + BtrfsShape.entry + size > nodeSize
            used = (isNext ? BtrfsShape.header : used) + BtrfsShape.entry + size
            return isNext
        }
    }
}
