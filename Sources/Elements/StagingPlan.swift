package import SystemPackage

/// How the elements of a build are merged into the one tree of hooks, `$TMP_HOOKS_PATH` (compat-core section 3.3).
///
/// Each first-level directory is merged into the directory of that name; an entry that two elements have is an error,
/// unless both are directories, which merge. First-level files go to the top and overwrite each other in element order.
package struct StagingPlan: Hashable, Sendable {
    /// One entry to copy, with mode, owner and time; links as links, directories with all they hold.
    package struct Copy: Hashable, Sendable {
        package let source: FilePath
        /// Relative to the tree of hooks: `install.d/10-x`, or `pkg-map` at the top.
        package let destination: String
        package let element: ElementName
        package let entry: DirectoryEntry
    }

    /// Directories to make at the top, in order of first need; some may stay empty.
    package private(set) var directories: [String] = []
    /// In order; a later copy of a first-level file replaces an earlier one.
    package private(set) var copies: [Copy] = []
    package private(set) var origins = HookOrigins()
    private var kinds: [String: DirectoryEntry] = [:]

    /// First-level directories that are not staged: tests, and what running them leaves.
    package static let unstagedDirectories: Set<String> = ["tests", "__pycache__", "test-elements"]

    package init(_ listings: [ElementListing]) throws(ElementError) {
        for listing in listings {
            for directory in listing.directories where !Self.unstagedDirectories.contains(directory.name) {
                try stage(directory, of: listing)
            }
            for file in listing.files where !file.name.hasSuffix(".pyc") {
                try stage(file, at: file.name, source: listing.path.appending(file.name), element: listing.element) {
                    $0.isFile
                }
            }
        }
    }

    private mutating func stage(_ directory: ElementListing.Directory, of listing: ElementListing) throws(ElementError)
    {
        if !directories.contains(directory.name) {
            try reserve(directory.name, for: listing.element)
            directories.append(directory.name)
        }
        for entry in directory.entries where !entry.isHidden {
            try stage(
                entry, at: "\(directory.name)/\(entry.name)",
                source: listing.path.appending(directory.name).appending(entry.name), element: listing.element
            ) { $0.kind == .directory && entry.kind == .directory }
        }
    }

    private mutating func reserve(_ directory: String, for element: ElementName) throws(ElementError) {
        if kinds[directory] != nil { throw duplicate(directory, element) }
        kinds[directory] = DirectoryEntry(name: directory, kind: .directory)
        origins.add(directory, element)
    }

    private mutating func stage(
        _ entry: DirectoryEntry, at destination: String, source: FilePath, element: ElementName,
        unless mayMeet: (DirectoryEntry) -> Bool
    ) throws(ElementError) {
        if let present = kinds[destination], !mayMeet(present) { throw duplicate(destination, element) }
        kinds[destination] = entry
        origins.add(destination, element, replacing: entry.isFile)
        copies.append(Copy(source: source, destination: destination, element: element, entry: entry))
    }

    private func duplicate(_ destination: String, _ element: ElementName) -> ElementError {
        .duplicatedHook(place: destination, elements: origins.elements(at: destination) + [element])
    }

    /// The hooks that the staged tree will hold before the build adds any.
    package func hooks(matching rule: HookFileNameRule = .default) -> HookSet {
        let phases = Dictionary(uniqueKeysWithValues: HookPhase.allCases.map { ($0.directoryName, $0) })
        return HookSet(
            copies.compactMap { copy in
                guard let slash = copy.destination.firstIndex(of: "/"),
                    let phase = phases[String(copy.destination[..<slash])], rule.accepts(copy.entry.name),
                    let entry = stagedEntry(at: copy.destination), entry.isFile, entry.isExecutable
                else { return nil }
                return Hook(phase: phase, fileName: copy.entry.name, element: copy.element, path: copy.source)
            })
    }

    /// What a name will lead to once staged: relative links are looked up in the staged tree, where they may reach
    /// another element's file, or nothing.
    private func stagedEntry(at destination: String, depth: Int = 0) -> DirectoryEntry? {
        guard let entry = kinds[destination], depth < 8 else { return nil }
        guard let target = entry.linkTarget, target.isRelative else { return entry }
        guard let place = relativePlace(of: target, from: destination) else { return nil }
        if kinds[place] != nil { return stagedEntry(at: place, depth: depth + 1) }
        // Deeper than was listed: inside a staged directory the element's own view holds.
        let staged = FilePath(place).components.prefix(2).map(\.string).joined(separator: "/")
        return kinds[staged]?.kind == .directory && staged.contains("/") ? entry : nil
    }
}
