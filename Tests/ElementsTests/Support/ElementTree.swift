import Elements
import Foundation
import SystemPackage

/// What a test says of an element: `.deps("a")`, `.provides("b")`, or both.
struct ElementSketch: Sendable {
    var dependencies: [ElementName] = []
    var provides: [ElementName] = []

    static let plain = ElementSketch()
    static func deps(_ names: ElementName..., provides: [ElementName] = []) -> ElementSketch {
        ElementSketch(dependencies: names, provides: provides)
    }
    static func provides(_ names: ElementName...) -> ElementSketch { ElementSketch(provides: names) }

    func element(_ name: ElementName, in directory: String) -> Element {
        Element(
            name: name, path: FilePath(directory).appending(name.text), dependencies: dependencies, provides: provides)
    }
}

typealias ElementSketches = [ElementName: ElementSketch]

extension ElementCatalog {
    /// A catalogue of one directory, `/e`, without any file.
    init(_ sketches: ElementSketches) { self.init(path: ["/e": sketches]) }

    /// A catalogue of several directories, in the order given.
    init(path: KeyValuePairs<String, ElementSketches>) {
        self.init(
            directories: path.map { directory, sketches in
                sketches.map { name, sketch in
                    Entry(linkName: name, element: sketch.element(name, in: directory))
                }
            })
    }
}

/// Writes files, given by path below `root`, with the directories they need.
func write(_ files: [String: String], below root: FilePath, executable: Bool = false) throws {
    for (name, text) in files {
        let path = root.appending(name)
        try makeDirectory(path.removingLastComponent())
        try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
        if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string) }
    }
}

func makeDirectory(_ path: FilePath) throws {
    try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
}

func makeLink(_ path: FilePath, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target)
}

/// The real path of a directory that exists: `/tmp` may be a link.
func realPath(_ path: FilePath) throws -> FilePath {
    FilePath(URL(fileURLWithPath: path.string).resolvingSymlinksInPath().path)
}
