// What belongs in this target: what an element is, and which elements, hooks, packages and services a build has, in
// what order. Text and listings in, values out. Reading files is confined to `…+Loading.swift`; running a hook, copying
// a tree and printing belong to layers above.

package import SystemPackage

/// A directory of hooks and data that gives an image one ability; the unit in which images are composed.
///
/// Only `element-deps` and `element-provides` matter to the graph (compat-core section 5.2); everything else in the
/// directory is copied to where hooks find it (`StagingPlan`) or read by a mechanism of its own (`PackageInstalls`).
package struct Element: Hashable, Sendable {
    package let name: ElementName
    /// The real path of the directory.
    package let path: FilePath
    package let dependencies: [ElementName]
    /// Names that this element stands for: virtual ones, or those of other elements that it replaces.
    package let provides: [ElementName]

    package init(name: ElementName, path: FilePath, dependencies: [ElementName] = [], provides: [ElementName] = []) {
        self.name = name
        self.path = path
        self.dependencies = dependencies
        self.provides = provides
    }

    /// The names in an `element-deps` or `element-provides` file: one on each line, trimmed, without repeats.
    ///
    /// There is no comment syntax and no splitting inside a line.
    package static func names(inList text: String) -> [ElementName] {
        var seen: Set<ElementName> = []
        return text.split(whereSeparator: \.isNewline)
            .map { ElementName($0.trimmed) }
            .filter { !$0.text.isEmpty && seen.insert($0).inserted }
    }
}

extension StringProtocol {
    /// This text without white space at either end.
    var trimmed: String {
        let tail = drop(while: \.isWhitespace)
        guard let last = tail.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(tail[...last])
    }
}
