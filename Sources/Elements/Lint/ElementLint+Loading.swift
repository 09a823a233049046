package import SystemPackage

extension ElementLint {
    /// The files of an element, in byte order of their paths; links are left to the files that they point to.
    package static func files(of element: FilePath) throws(ElementError) -> [LintedFile] {
        var files: [LintedFile] = []
        for entry in try DirectoryEntry.entries(of: element) {
            let path = element.appending(entry.name)
            switch entry.kind {
            case .directory where entry.name != "__pycache__": files += try Self.files(of: path)
            case .file where !entry.name.hasSuffix(".pyc"):
                guard let text = try TextFile.text(of: path) else { continue }
                files.append(LintedFile(path: path, text: text, isExecutable: entry.isExecutable))
            default: continue
            }
        }
        return files
    }

    /// The element directories in a directory of elements.
    package static func elements(in directory: FilePath) throws(ElementError) -> [FilePath] {
        try DirectoryEntry.entries(of: directory).filter { $0.isDirectory && !$0.isHidden }
            .map { directory.appending($0.name) }
    }

    /// What `ignore` says in a `tox.ini`; nothing if there is no such file.
    package static func ignoredRules(in file: FilePath) throws(ElementError) -> Set<String> {
        try TextFile.text(of: file).map(ignoredRules(toxConfiguration:)) ?? []
    }
}
