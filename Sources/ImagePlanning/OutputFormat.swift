/// A format that a build can emit; the text is what users write after `-t` and the suffix of the file.
package enum OutputFormat: Hashable, Sendable, Codable {
    /// qcow2 version 3, by our own writer.
    case qcow2
    /// The disk itself, sparse.
    case raw
    /// A format made from the tree.
    case tree(TreeFormat)
    /// Any other format of disks, by qemu-img's name for it; most are written here too.
    case qemu(String)

    /// The other formats of disks; `vhd` is upstream's word, with the disk's exact size.
    package static let qemuNames = ["vhd", "vmdk", "vdi", "vhdx", "vpc", "qcow", "qed", "parallels"]

    package static let tar = OutputFormat.tree(.tar)
    package static let tgz = OutputFormat.tree(.tgz)

    /// Every word that can stand after `-t`, in the order of help texts.
    package static var names: [String] { ["qcow2", "raw"] + TreeFormat.allCases.map(\.rawValue) + qemuNames }

    package init?(_ text: String) {
        if let format = TreeFormat(rawValue: text) {
            self = .tree(format)
            return
        }
        switch text {
        case "qcow2": self = .qcow2
        case "raw": self = .raw
        case let name where Self.qemuNames.contains(name): self = .qemu(name)
        default: return nil
        }
    }

    /// The word after `-t`.
    package var name: String {
        switch self {
        case .qcow2: "qcow2"
        case .raw: "raw"
        case .tree(let format): format.rawValue
        case .qemu(let name): name
        }
    }

    /// Made from the mounted tree, before the disk is released; the others are made from the finished disk.
    package var isArchive: Bool { tree != nil }

    package var tree: TreeFormat? {
        if case .tree(let format) = self { format } else { nil }
    }

    /// The suffix of its file; nil where there is no file.
    package var fileSuffix: String? {
        if case .tree(let format) = self { format.fileSuffix } else { name }
    }

    /// Text of the plan and of JSON.
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = OutputFormat(text) ?? .qemu(text)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
