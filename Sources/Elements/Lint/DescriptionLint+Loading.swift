package import SystemPackage

extension DescriptionLint {
    /// Reads what is in an element's directory; nothing if it has no `element.yaml` among `files`.
    package init?(of element: FilePath, files: [LintedFile]) throws(ElementError) {
        let directories = try DirectoryEntry.entries(of: element).filter(\.isDirectory).map(\.name)
        self.init(element: element, files: files, directories: Set(directories))
    }
}
