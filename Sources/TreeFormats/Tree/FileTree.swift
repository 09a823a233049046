package import SystemPackage

/// A directory tree as a file system holds it: inodes in the order in which they are written, and names for them.
///
/// A value between whoever knows the tree and whoever writes it: a walk over a directory makes one, and what no walk can
/// find (device nodes, which a user namespace cannot make) is added to it.
package struct FileTree: Sendable {
    /// A name in a directory.
    package struct Entry: Sendable {
        package let name: [UInt8]
        /// Index of its node.
        package let node: Int
    }

    package struct Time: Hashable, Sendable {
        package let seconds: Int64
        package let nanoseconds: UInt32

        package init(seconds: Int64, nanoseconds: UInt32 = 0) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }
    }

    /// An extended attribute as listxattr(2) and getxattr(2) give it.
    package struct Attribute: Hashable, Sendable {
        package let name: String
        package let value: [UInt8]

        package init(_ name: String, _ value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    package enum Content: Sendable {
        /// Names in the order of their bytes, `.` and `..` not among them.
        case directory([Entry])
        /// Where to read it, its length, and the parts of it that are no holes.
        case file(FilePath, size: UInt64, segments: [Range<UInt64>])
        case link([UInt8])
        case device(major: UInt32, minor: UInt32)
        /// A FIFO or a socket: the mode says which.
        case nothing
    }

    package struct Node: Sendable {
        /// Kind and permissions, as in `stat`.
        package var mode: UInt16
        package var user: UInt32
        package var group: UInt32
        package var modified: Time
        package var attributes: [Attribute] = []
        package var content: Content

        package init(
            mode: UInt16, user: UInt32 = 0, group: UInt32 = 0, modified: Time, attributes: [Attribute] = [],
            content: Content
        ) {
            self.mode = mode
            self.user = user
            self.group = group
            self.modified = modified
            self.attributes = attributes
            self.content = content
        }
    }

    /// The first is the root.
    package private(set) var nodes: [Node]

    package init(root: Node) { nodes = [root] }

    /// `nodes` name each other by their places.
    init(nodes: [Node]) { self.nodes = nodes }

    /// Adds a node without a name; gives its index.
    package mutating func append(_ node: Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    /// Gives a node its name in a directory that has none of that name.
    package mutating func link(_ node: Int, as name: [UInt8], in directory: Int) {
        guard case .directory(var entries) = nodes[directory].content else { return }
        let place = entries.firstIndex { name.lexicographicallyPrecedes($0.name) } ?? entries.endIndex
        entries.insert(Entry(name: name, node: node), at: place)
        nodes[directory].content = .directory(entries)
    }

    /// The first path that leads to a node, for messages: all of the tree is searched for it.
    func path(of node: Int) -> String {
        var names: [Int: (parent: Int, name: [UInt8])] = [:]
        for (index, node) in nodes.enumerated() {
            guard case .directory(let entries) = node.content else { continue }
            for entry in entries where names[entry.node] == nil { names[entry.node] = (index, entry.name) }
        }
        var parts: [String] = []
        var next = node
        while next != 0, let place = names[next] {
            parts.insert(String(decoding: place.name, as: UTF8.self), at: 0)
            next = place.parent
        }
        return "./" + parts.joined(separator: "/")
    }

    /// Names of each node; of a directory with `.` and those of its children that say `..`.
    func linkCounts() -> [Int] {
        var counts = [Int](repeating: 0, count: nodes.count)
        counts[0] = 2
        for (index, node) in nodes.enumerated() {
            guard case .directory(let entries) = node.content else { continue }
            for entry in entries {
                counts[entry.node] += 1
                if case .directory = nodes[entry.node].content {
                    counts[entry.node] += 1
                    counts[index] += 1
                }
            }
        }
        return counts
    }
}
