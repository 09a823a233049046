import SystemPackage

/// Which element each entry of the merged hook tree came from.
package struct HookOrigins: Hashable, Sendable, Codable {
    private var elements: [String: [ElementName]] = [:]

    package init() {}

    /// A directory may have several contributors; a file has the last.
    mutating func add(_ destination: String, _ element: ElementName, replacing: Bool = false) {
        elements[destination] = (replacing ? [] : elements[destination] ?? []) + [element]
    }

    func elements(at destination: String) -> [ElementName] { elements[destination] ?? [] }

    /// The element that a path in the tree (`install.d/10-x`) belongs to, if it is one element's alone.
    ///
    /// Files inside a staged directory belong to its contributor.
    package func element(at place: String) -> ElementName? {
        if let known = elements[place] { return known.count == 1 ? known[0] : nil }
        let parent = FilePath(place).removingLastComponent()
        // The top and its directories are common ground.
        guard parent.components.count > 1 else { return nil }
        return element(at: parent.string)
    }

    /// The element of an entry found in a directory of the tree; a link that the build made belongs to what it points
    /// at, as the links of `install-types` do.
    package func element(of entry: DirectoryEntry, in directory: String) -> ElementName {
        let place = "\(directory)/\(entry.name)"
        if let own = element(at: place) { return own }
        guard let target = entry.linkTarget, target.isRelative,
            let pointedAt = relativePlace(of: target, from: place)
        else { return .build }
        return element(at: pointedAt) ?? .build
    }
}

/// Where a relative link at `place` points, as a path in the tree; nothing when it leads out.
func relativePlace(of target: FilePath, from place: String) -> String? {
    let root: FilePath = "/tree"
    var path = root.appending(place).removingLastComponent()
    path.append(target.components)
    path.lexicallyNormalize()
    guard path.removePrefix(root), !path.isEmpty else { return nil }
    return path.string
}
