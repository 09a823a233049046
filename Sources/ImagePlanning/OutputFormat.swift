/// A format that a build can emit; the text is what users write after `-t` and the suffix of the file.
package enum OutputFormat: Hashable, Sendable, Codable {
    /// qcow2 version 3, by our own writer.
    case qcow2
    /// The disk itself, sparse.
    case raw
    /// The tree as a tar archive.
    case tar
    /// The tree as a gzip-compressed tar archive.
    case tgz
    /// Anything else that `qemu-img convert -O` knows, by that name.
    case qemu(String)

    /// Formats that qemu-img writes and we do not.
    package static let qemuNames = ["vmdk", "vdi", "vhdx", "vpc", "qcow", "qed", "parallels"]

    package init?(_ text: String) {
        switch text {
        case "qcow2": self = .qcow2
        case "raw": self = .raw
        case "tar": self = .tar
        case "tgz": self = .tgz
        case let name where Self.qemuNames.contains(name): self = .qemu(name)
        default: return nil
        }
    }

    /// The word after `-t`, and the file's suffix.
    package var name: String {
        switch self {
        case .qcow2: "qcow2"
        case .raw: "raw"
        case .tar: "tar"
        case .tgz: "tgz"
        case .qemu(let name): name
        }
    }

    /// Made from the mounted tree, before the disk is released; the others are made from the finished disk.
    package var isArchive: Bool { self == .tar || self == .tgz }

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
