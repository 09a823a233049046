import Foundation
import SystemPackage
import TestSupport
import Testing

/// One element of the checkout, as files.
struct LibraryElement: Sendable, CustomTestStringConvertible {
    let name: String

    var path: FilePath { Checkout.elements.appending(name) }
    var testDescription: String { name }

    /// Every file below the element, as paths relative to it, sorted.
    var files: [String] {
        let names = FileManager.default.enumerator(atPath: path.string)?.compactMap { $0 as? String } ?? []
        return names.filter { !isDirectory(path.appending($0).string) }.sorted()
    }

    var dependencies: [String] { lines(of: "element-deps") }
    var provides: [String] { lines(of: "element-provides") }

    func text(of file: String) throws -> String { try readText(path.pushing(FilePath(file))) }

    func isExecutable(_ file: String) -> Bool { access(path.pushing(FilePath(file)).string, X_OK) == 0 }

    private func lines(of file: String) -> [String] {
        ((try? text(of: file)) ?? "").split(separator: "\n").map(String.init)
    }
}

/// The elements of the checkout.
enum ElementLibrary {
    static let elements: [LibraryElement] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: Checkout.elements.string)) ?? []
        return names.filter { isDirectory(Checkout.elements.appending($0).string) }.sorted().map(LibraryElement.init)
    }()

    /// Directories that hold hooks, in the order they run.
    static let phases = [
        "root.d", "extra-data.d", "pre-install.d", "install.d", "post-install.d", "post-root.d", "block-device.d",
        "pre-finalise.d", "finalise.d", "cleanup.d",
    ]

    /// The named elements and all they depend on, virtual names left out.
    static func closure(of names: [String]) -> Set<String> {
        var known: Set<String> = []
        var waiting = names
        while let name = waiting.popLast() {
            guard let element = elements.first(where: { $0.name == name }), known.insert(name).inserted else {
                continue
            }
            waiting += element.dependencies
        }
        return known
    }
}

func isDirectory(_ path: String) -> Bool {
    var directory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &directory) && directory.boolValue
}

func readText(_ path: FilePath) throws -> String {
    try String(contentsOfFile: path.string, encoding: .utf8)
}

/// Writes a file and the directories above it.
func write(_ text: String, to path: FilePath, mode: Int = 0o644) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    try text.write(toFile: path.string, atomically: false, encoding: .utf8)
    try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
}
