import Basics
import BlockDevices
import Foundation
import ImagePlanning

/// The disk of a plan: nodes in the order of their creation, and the rule that its size will follow.
///
/// Sizes are policy here: bytes are known only when the tree has been measured.
struct PlannedDisk: Codable {
    struct Node: Codable {
        let name: String
        let kind: String
        /// The node it is made on; image files have none.
        let base: String?
        let detail: String
    }

    let origin: String
    /// The rule for image files that the document gives no size.
    let size: String?
    let nodes: [Node]
    /// How it is made, and why so.
    let backend: DiskBackend
    let backendReason: String

    init(_ plan: BuildPlan) {
        origin = plan.document.origin.description
        let graph = plan.graph
        backend = plan.backend.backend
        backendReason = plan.backend.reason
        size = graph.localLoops.contains { $0.size == nil } ? Self.text(plan) : nil
        let shown = graph.orderedNodes.filter { if case .logicalVolumes = $0 { false } else { true } }
        nodes = shown.map { node in
            let (base, detail) = Self.describe(node, in: graph)
            return Node(name: node.name, kind: node.kind, base: base, detail: detail)
        }
    }

    /// Nodes as a tree, children after their base, with their depth.
    var tree: [(depth: Int, node: Node)] { branches(of: nil, depth: 0) }

    private func branches(of base: String?, depth: Int) -> [(depth: Int, node: Node)] {
        nodes.filter { $0.base == base }.flatMap { [(depth, $0)] + branches(of: $0.name, depth: depth + 1) }
    }

    private static func text(_ plan: BuildPlan) -> String {
        if plan.sizingMode == .compatible { return text(plan.sizing) }
        if let stated = plan.statedImageSize { return "\(stated)" }
        let room = plan.finaliseRoom.description.map { ", besides \($0) for the boot loader" } ?? ""
        return "the smallest that holds the tree with \(plan.freeSpace) free\(room)"
    }

    private static func text(_ sizing: ImageSizing) -> String {
        let room = sizing.padding == .zero ? "" : " + \(sizing.padding) for other partitions"
        let journal = sizing.rootFilesystemType == "ext4" ? " + \(sizing.journal ?? 64) MiB for the journal" : ""
        return switch sizing.basis {
        case .fixed(let gibibytes): "\(number(gibibytes)) GiB\(room)"
        case .extra(let mebibytes): "the tree + \(number(mebibytes)) MiB\(journal)\(room)"
        case .proportional: "the tree / 0.6\(journal)\(room)"
        }
    }

    /// `2` and `1.5`, not `2.0`.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && value < 1e15 ? String(UInt64(value)) : String(value)
    }

    private static func describe(_ node: BlockDeviceNode, in graph: BlockDeviceGraph) -> (String?, String) {
        switch node {
        case .localLoop(let loop): (nil, describe(loop, graph.partitionings.first { $0.base == loop.name }))
        case .partition(let partition): (partition.base, describe(partition))
        case .filesystem(let filesystem):
            (
                filesystem.base,
                "\(filesystem.type)"
                    + (filesystem.type.hasIdentifiers ? ", label '\(filesystem.label)'" : ", found by its partition")
                    + (filesystem.options.isEmpty ? "" : ", mkfs \(filesystem.options.joined(separator: " "))")
                    + (graph.filling(of: filesystem) != .filledInFile ? "" : ", filled in the image file, not mounted")
            )
        case .mountPoint(let mount): (mount.base, mount.mountPoint)
        case .fstab(let stated):
            (stated.base, describe(stated, graph.mounts.first { $0.name == stated.base }, in: graph))
        case .physicalVolume(let volume): (volume.base, words(volume.options))
        case .volumeGroup(let group):
            // A group on several volumes is shown below the first.
            (group.base.first, group.base.count > 1 ? "on \(words(group.base))" : "")
        case .logicalVolume(let volume): (volume.base, describe(volume))
        case .logicalVolumes: (nil, "")
        }
    }

    private static func describe(_ stated: FstabEntry, _ mount: MountPoint?, in graph: BlockDeviceGraph) -> String {
        let entry = mount.flatMap(graph.fstabEntry) ?? stated
        return "\(entry.options) \(entry.dumpFrequency) \(entry.fsckPass)"
    }

    private static func describe(_ loop: LocalLoop, _ table: Partitioning?) -> String {
        let sectors = loop.sectorSize == 512 ? [] : ["\(loop.sectorSize)-byte sectors"]
        let label =
            switch table?.label {
            case .mbr: "MBR partition table, partitions at multiples of \(ByteCount(table?.alignment ?? 0))"
            case .gpt: "GPT partition table"
            case nil: "no partition table"
            }
        return ([loop.size.map(\.description), label].compactMap(\.self) + sectors).joined(separator: ", ")
    }

    private static func words(_ words: [String]) -> String { words.joined(separator: " ") }

    private static func describe(_ volume: LogicalVolume) -> String {
        let size =
            switch volume.extent {
            case .size(let size): size.description
            case .extents(let text): text
            }
        return [volume.provisioning?.rawValue, size].compactMap(\.self).joined(separator: ", ")
    }

    private static func describe(_ partition: Partition) -> String {
        let size =
            switch partition.size {
            case .absolute(let bytes): bytes.description
            case .relative(let share): "\(number(share.percent)) % of what is left"
            }
        let type = typeNames[partition.type].map { "\($0)" } ?? "type \(partition.type)"
        return ([size, type] + (partition.isBootable ? ["active"] : [])).joined(separator: ", ")
    }

    /// The types of the stock layouts; others show their number.
    private static let typeNames = [
        "83": "type 83 (Linux)", "82": "type 82 (Linux swap)", "41": "type 41 (PReP boot)",
        "ef": "type ef (EFI system)",
        "0fc63daf-8483-4772-8e79-3d69d8477de4": "type Linux filesystem",
        "c12a7328-f81f-11d2-ba4b-00a0c93ec93b": "type EFI system",
        "21686148-6449-6e6f-744e-656564454649": "type BIOS boot",
        "9e1a2d38-c612-4316-aa26-8b49521e5a8b": "type PReP boot",
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": "type Linux swap",
    ]
}
