import SystemPackage
import TreeFormats

/// A file system that is written once, from a tree, by its own program: squashfs or erofs.
///
/// Devices that are files with a note, because nobody but root of the machine can make one, are devices in it.
struct WholeFilesystem {
    let tree: FilePath
    let path: FilePath
    /// Paths below the tree.
    let leftOut: [String]
    private let nodes: RecordedNodes

    init(of tree: FilePath, to path: FilePath, leftOut: [String]) throws {
        self.tree = tree
        self.path = path
        self.leftOut = leftOut
        nodes = try RecordedNodes(of: tree)
    }

    /// mksquashfs as upstream calls it (compat-core 7.6); it can be told of devices, and of modes without access lists.
    func squashfs(_ options: [String], modes: NarrowedModes) -> [String] {
        let definitions =
            nodes.nodes.map { ($0.path, $0.definition) }
            + modes.files.filter { !$0.path.isEmpty }.map { ($0.path, $0.definition) }
        return ["mksquashfs", tree.string, path.string] + options + modes.rootOptions
            + definitions.flatMap { ["-p", "\(Self.escaped($0.0, " \t\"\\")) \($0.1)"] }
            + ["-noappend", "-no-recovery", "-no-progress", "-wildcards", "-e"] + leftOut
            + nodes.nodes.map { Self.escaped($0.path, "\\*?[]()!+@|") }
    }

    /// With notes beside their inodes, where `finishErofs` finds them.
    func erofs(_ options: [String]) -> [String] {
        ["mkfs.erofs"] + options + (nodes.nodes.isEmpty ? [] : ["-x", String(Int32.max)])
            + leftOut.map { "--exclude-path=\($0)" } + [path.string, tree.string]
    }

    /// What mkfs.erofs cannot be told.
    func finishErofs(label: String) throws {
        guard !label.isEmpty || !nodes.nodes.isEmpty else { return }
        try ErofsImage(path).complete(label: label, nodes: nodes)
    }

    private static func escaped(_ text: String, _ special: String) -> String {
        text.reduce(into: "") { result, character in
            if special.contains(character) { result.append("\\") }
            result.append(character)
        }
    }
}
