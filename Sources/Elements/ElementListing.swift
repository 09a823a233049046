package import SystemPackage

/// What is in an element's directory, two levels deep: all that planning its staging needs.
package struct ElementListing: Hashable, Sendable {
    /// A first-level directory, or a link to one, with what is in it.
    package struct Directory: Hashable, Sendable {
        package let name: String
        package let entries: [DirectoryEntry]

        package init(name: String, entries: [DirectoryEntry]) {
            self.name = name
            self.entries = entries
        }
    }

    package let element: ElementName
    package let path: FilePath
    package let directories: [Directory]
    /// First-level files, and links to such.
    package let files: [DirectoryEntry]

    package init(element: ElementName, path: FilePath, directories: [Directory], files: [DirectoryEntry]) {
        self.element = element
        self.path = path
        self.directories = directories
        self.files = files
    }
}
