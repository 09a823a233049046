import SystemPackage

extension ElementCatalog {
    /// Reads every element on a colon-separated path; unused ones too, as upstream does.
    package static func load(searchPath: String) throws(ElementError) -> ElementCatalog {
        guard !searchPath.isEmpty else { throw .searchPathUnset }
        let paths = searchPath.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        for path in paths where path.isEmpty || (try? FilePath(path).stat())?.type != .directory {
            throw .searchPathEntryNotDirectory(path)
        }
        var directories: [[Entry]] = []
        for path in paths { directories.append(try entries(in: FilePath(path))) }
        return ElementCatalog(directories: directories)
    }

    private static func entries(in directory: FilePath) throws(ElementError) -> [Entry] {
        var found: [Entry] = []
        for entry in try DirectoryEntry.entries(of: directory) where entry.isDirectory {
            // Nothing is missed in a directory that vanished since it was listed.
            guard let path = try TextFile.realPath(of: directory.appending(entry.name)) else { continue }
            found.append(Entry(linkName: ElementName(entry.name), element: try Element.load(path: path)))
        }
        return found
    }
}

extension Element {
    /// Reads the element in a directory given by its real path.
    fileprivate static func load(path: FilePath) throws(ElementError) -> Element {
        Element(
            name: ElementName(path.lastComponent?.string ?? path.string), path: path,
            dependencies: names(inList: try TextFile.text(of: path.appending("element-deps")) ?? ""),
            provides: names(inList: try TextFile.text(of: path.appending("element-provides")) ?? ""))
    }
}
