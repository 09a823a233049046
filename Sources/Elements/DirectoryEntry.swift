package import SystemPackage

/// One name in a directory, with what selecting and staging hooks must know of it.
package struct DirectoryEntry: Hashable, Sendable {
    /// What is behind a name, links looked through once: hooks may be links, and links are staged as links.
    package enum Kind: Hashable, Sendable {
        case file
        case directory
        case linkToFile
        case linkToDirectory
        case danglingLink
        /// Sockets, pipes, devices, and links to them.
        case other
    }

    package let name: String
    package let kind: Kind
    /// Whether the process that read the directory may execute it.
    package let isExecutable: Bool
    /// The text of a link.
    package let linkTarget: FilePath?

    package init(name: String, kind: Kind, isExecutable: Bool = false, linkTarget: FilePath? = nil) {
        self.name = name
        self.kind = kind
        self.isExecutable = isExecutable
        self.linkTarget = linkTarget
    }

    /// A regular file, or a link to one.
    package var isFile: Bool { kind == .file || kind == .linkToFile }
    /// A directory, or a link to one.
    package var isDirectory: Bool { kind == .directory || kind == .linkToDirectory }
    package var isHidden: Bool { name.hasPrefix(".") }
}
