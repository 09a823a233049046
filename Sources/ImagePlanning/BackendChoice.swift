package import BlockDevices
import Elements

/// How the disk of a build is made, and why in this way (decision 0019).
package struct BackendChoice: Hashable, Sendable {
    /// What the caller asks for: `--backend`, `INGOT_BACKEND`.
    package enum Wish: String, Hashable, Sendable, Codable, CaseIterable {
        case auto
        case file
        case loop
    }

    package let backend: DiskBackend
    /// For people: completes "file: …" or "loop: …".
    package let reason: String

    package init(_ backend: DiskBackend, because reason: String) {
        self.backend = backend
        self.reason = reason
    }

    /// `wish` is nothing where the caller says nothing.
    init(
        wish: Wish?, mode: BuildRequest.Mode, graph: BlockDeviceGraph, descriptions: ElementDescriptions,
        elements: [ElementName], mentions: [DeviceMention]
    ) throws(PlanError) {
        let demand = graph.filesystems.lazy.compactMap(graph.reasonForFiles).first
        if let demand, wish == .loop || wish == nil && mode != .native {
            throw PlanError(demand, hint: "build with --backend file (INGOT_BACKEND)")
        }
        if wish == .loop {
            self.init(.loop, because: "asked for")
            return
        }
        guard wish != nil || mode == .native else {
            self.init(
                .loop, because: "what diskimage-builder's hooks expect; --backend auto uses none if none is needed")
            return
        }
        let obstacles = Self.obstacles(graph) + Self.obstacles(descriptions, elements, mentions)
        guard let first = obstacles.first else {
            self.init(
                .file, because: wish == .file ? "asked for" : demand ?? "nothing in this build needs a block device")
            return
        }
        if let demand {
            throw PlanError(demand, hint: "but \(first): choose another type for one of them, or another element")
        }
        let more = obstacles.count > 1 ? " (and \(obstacles.count - 1) more)" : ""
        guard wish == .file else {
            self.init(.loop, because: first + more)
            return
        }
        throw PlanError(
            "the disk cannot be made as a plain file: \(first)\(more)", hint: "leave out --backend file (INGOT_BACKEND)"
        )
    }

    private static func obstacles(_ graph: BlockDeviceGraph) -> [String] {
        var obstacles: [String] = []
        if !graph.logicalVolumes.isEmpty { obstacles.append("logical volumes need the kernel's device-mapper") }
        let mounted = Set(graph.mounts.map(\.base))
        for filesystem in graph.filesystems where mounted.contains(filesystem.name) {
            switch filesystem.type.family {
            case .ext:
                let features = ExtFeatures.unwritable(in: filesystem.options)
                if !features.isEmpty {
                    obstacles.append(
                        "'\(filesystem.name)' has features that only the kernel writes: \(features.joined(separator: ", "))"
                    )
                }
            case .fat, .swap, .squashfs, .erofs: continue
            case .btrfs:
                let options = BtrfsOptions.unwritable(in: filesystem.options)
                if !options.isEmpty {
                    obstacles.append(
                        "'\(filesystem.name)' is a btrfs that only the kernel writes, because of "
                            + options.joined(separator: ", "))
                }
            case .xfs, .other:
                obstacles.append("'\(filesystem.name)' is \(filesystem.type), which only the kernel writes")
            }
        }
        return obstacles
    }

    private static func obstacles(
        _ descriptions: ElementDescriptions, _ elements: [ElementName], _ mentions: [DeviceMention]
    ) -> [String] {
        let declared = elements.filter { descriptions[$0]?.disk == .device }.map {
            "element '\($0.text)' declares that it needs a block device"
        }
        return declared
            + mentions.filter { descriptions[$0.element]?.disk == nil }.map {
                "hook '\($0.hook)' of element '\($0.element.text)' names \($0.word)"
            }
    }
}
