import Basics

/// Collects nodes entry by entry and checks how they hang together.
struct BlockDeviceGraphBuilder {
    private let parameters: BlockDeviceParameters
    private(set) var nodes: [BlockDeviceNode] = []
    private(set) var partitionings: [Partitioning] = []
    /// Where each node stands in the document.
    private(set) var locations: [String: ConfigurationLocation] = [:]
    private var indices: [String: Int] = [:]
    private var labels: Set<String> = []

    init(parameters: BlockDeviceParameters) { self.parameters = parameters }

    mutating func add(_ entry: ConfigurationEntry) throws(BlockDeviceError) {
        switch entry.type {
        case .localLoop:
            try insert(.localLoop(LocalLoop(entry, sectorSize: parameters.sectorSize)), from: entry)
        case .partitioning:
            let partitioning = try Partitioning(entry)
            partitionings.append(partitioning)
            try insert(partitioning.partitions.map { .partition($0) }, from: entry, "partitions")
        case .lvm:
            let volumes = try LogicalVolumes(entry)
            try insert(volumes.physicalVolumes.map { .physicalVolume($0) }, from: entry, "pvs")
            try insert(volumes.volumeGroups.map { .volumeGroup($0) }, from: entry, "vgs")
            try insert(volumes.logicalVolumes.map { .logicalVolume($0) }, from: entry, "lvs")
            try insert(.logicalVolumes(volumes), from: entry)
        case .mkfs:
            let filesystem = try Filesystem(entry, used: labels)
            labels.insert(filesystem.label)
            try insert(.filesystem(filesystem), from: entry)
        case .mount: try insert(.mountPoint(MountPoint(entry)), from: entry)
        case .fstab: try insert(.fstab(FstabEntry(entry)), from: entry)
        }
    }

    /// Nodes that are the elements of a list in their entry.
    private mutating func insert(
        _ nodes: [BlockDeviceNode], from entry: ConfigurationEntry, _ list: String
    ) throws(BlockDeviceError) {
        let elements = entry.attributes[list]?.sequence ?? []
        for (node, element) in zip(nodes, elements) { try insert(node, from: entry, at: element.location) }
    }

    private mutating func insert(
        _ node: BlockDeviceNode, from entry: ConfigurationEntry, at location: ConfigurationLocation? = nil
    ) throws(BlockDeviceError) {
        let location = location ?? entry.location
        guard indices[node.name] == nil else {
            throw BlockDeviceError(
                .graph, "Duplicate node name: \(node.name)", at: location.appending(key: "name", line: nil))
        }
        indices[node.name] = nodes.count
        locations[node.name] = location
        nodes.append(node)
    }

    func node(_ name: String) -> BlockDeviceNode? { indices[name].map { nodes[$0] } }

    /// An error about a key of a node; most are about what a node stands on.
    func error(_ message: String, at node: String, key: String = "base") -> BlockDeviceError {
        BlockDeviceError(.graph, message, at: locations[node]?.appending(key: key, line: nil))
    }

    func isSwap(_ mount: MountPoint) -> Bool {
        if case .filesystem(let filesystem) = node(mount.base) { filesystem.type.family == .swap } else { false }
    }

    /// Sorted by mount point as plain bytes, so that `/` < `/boot` < `/boot/efi` < `/var`; swap comes last.
    func mountOrder() -> [String] {
        let keyed = nodes.enumerated().compactMap { index, node -> (key: [UInt8], index: Int, name: String)? in
            guard case .mountPoint(let mount) = node else { return nil }
            // 0xFF is beyond every byte of a path.
            return (isSwap(mount) ? [0xFF] : Array(mount.absolutePath.utf8), index, mount.name)
        }
        return keyed.sorted { left, right in
            left.key == right.key ? left.index < right.index : left.key.lexicographicallyPrecedes(right.key)
        }.map(\.name)
    }

    /// Edges as upstream draws them, then a stable topological sort.
    func creationOrder(mountOrder: [String]) throws(BlockDeviceError) -> [String] {
        var predecessors: [String: [String]] = [:]
        for node in nodes {
            for origin in incomingEdges(of: node, mountOrder: mountOrder) {
                guard indices[origin] != nil else {
                    throw error("Edge not defined: \(origin)->\(node.name)", at: node.name)
                }
                predecessors[node.name, default: []].append(origin)
            }
            guard case .logicalVolumes(let volumes) = node else { continue }
            for volume in volumes.physicalVolumes { predecessors[volume.name, default: []].append(node.name) }
        }
        do {
            return try topologicalOrder(of: nodes.map(\.name)) { predecessors[$0] ?? [] }
        } catch {
            let names = (error.members + error.members.prefix(1)).joined(separator: " -> ")
            throw self.error("block devices depend on each other in a circle: \(names)", at: error.members[0])
        }
    }

    private func incomingEdges(of node: BlockDeviceNode, mountOrder: [String]) -> [String] {
        switch node {
        case .localLoop, .physicalVolume: []
        case .partition(let partition): [partition.base] + (partition.previous.map { [$0] } ?? [])
        case .logicalVolumes(let volumes): volumes.physicalVolumes.map(\.base)
        case .volumeGroup(let group): group.base
        case .logicalVolume(let volume): [volume.base]
        case .filesystem(let filesystem): [filesystem.base]
        case .mountPoint(let mount): previous(of: mount.name, in: mountOrder) + [mount.base]
        case .fstab(let entry): [entry.base]
        }
    }

    private func previous(of name: String, in mountOrder: [String]) -> [String] {
        guard let index = mountOrder.firstIndex(of: name), index > 0 else { return [] }
        return [mountOrder[index - 1]]
    }
}
