import SystemPackage

extension ElementListing {
    package static func load(_ element: Element) throws(ElementError) -> ElementListing {
        let entries = try DirectoryEntry.entries(of: element.path)
        var directories: [Directory] = []
        for entry in entries where entry.isDirectory {
            directories.append(
                Directory(
                    name: entry.name, entries: try DirectoryEntry.entries(of: element.path.appending(entry.name))))
        }
        return ElementListing(
            element: element.name, path: element.path, directories: directories, files: entries.filter(\.isFile))
    }

    /// The listings of several elements, in their order.
    package static func load(_ elements: [Element]) throws(ElementError) -> [ElementListing] {
        var listings: [ElementListing] = []
        for element in elements { listings.append(try load(element)) }
        return listings
    }
}
