package import SystemPackage

/// A functional test of an element in upstream's layout: `ELEMENT/test-elements/NAME` is an element itself, and the
/// test is a build of both (compat-core section 12.2).
package struct ElementTestCase: Hashable, Sendable {
    package let element: ElementName
    package let name: ElementName
    package let directory: FilePath
    /// Of the file `test-output-formats`; tar without one.
    package let formats: [String]
    /// The file `element-type` says `ramdisk`.
    package let isRamdisk: Bool

    /// The tests of an element, by name.
    package static func load(_ element: Element) throws(ElementError) -> [ElementTestCase] {
        let folder = element.path.appending(ElementProfile.testDirectory)
        guard try TextFile.realPath(of: folder) != nil else { return [] }
        var cases: [ElementTestCase] = []
        for entry in try DirectoryEntry.entries(of: folder) where entry.isDirectory && !entry.isHidden {
            let directory = folder.appending(entry.name)
            let formats = try TextFile.text(of: directory.appending("test-output-formats")) ?? ""
            let type = try TextFile.text(of: directory.appending("element-type")) ?? ""
            let words = formats.split { $0 == "," || $0.isWhitespace }.map(String.init)
            cases.append(
                ElementTestCase(
                    element: element.name, name: ElementName(entry.name), directory: directory,
                    formats: words.isEmpty ? ["tar"] : words, isRamdisk: type.trimmed == "ramdisk"))
        }
        return cases
    }
}
