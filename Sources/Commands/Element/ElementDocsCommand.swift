import ArgumentParser
import Basics
import Elements
import Foundation
import ImagePlanning
import SystemPackage

/// `ingot element docs`: a document for each element, and the table of all, in Markdown.
struct ElementDocsCommand: OutcomeCommand {
    static let configuration = CommandConfiguration(
        commandName: "docs", abstract: "Write a document for each element, and a table of all.",
        discussion: """
            Writes DIR/elements.md and DIR/elements/NAME.md out of element.yaml, README.rst and what is in the \
            elements' directories; only of Ingot's own elements unless --all is given. Documents of elements that are \
            no more are removed.
            """)

    @Flag(help: "Write nothing; fail if a document is not what it would be.")
    var check = false

    @Flag(help: "Of the elements on ELEMENTS_PATH, too.")
    var all = false

    @Argument(help: "Directory to write to.", completion: .directory)
    var directory: String

    func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let library = try ElementLibrary.found(
                all ? environment : environment.filter { name, _ in name != "ELEMENTS_PATH" })
            let documents = try ElementDocuments(library: library).files
            let stale = Self.stale(documents, in: FilePath(directory))
            if check {
                guard stale.isEmpty else {
                    throw PlanError(
                        "\(stale.count) documents in '\(directory)' are out of date: "
                            + stale.prefix(5).joined(separator: ", ") + (stale.count > 5 ? ", …" : ""),
                        hint: "run 'ingot element docs \(directory)'")
                }
                return ("\(documents.count) documents are up to date\n", [])
            }
            for path in stale { try Self.write(documents[path], to: FilePath(directory).appending(path)) }
            return ("\(documents.count) documents, \(stale.count) of them new or changed\n", [])
        }
    }

    /// Paths of documents that differ from what they should be, or should not be.
    private static func stale(_ documents: [String: String], in directory: FilePath) -> [String] {
        let folder = directory.appending(ElementDocuments.folder).string
        let present = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasSuffix(".md") }.map { "\(ElementDocuments.folder)/\($0)" }
        return Set(documents.keys).union(present).filter { path in
            let data = FileManager.default.contents(atPath: directory.appending(path).string)
            return data.map { String(decoding: $0, as: UTF8.self) } != documents[path]
        }.sorted()
    }

    /// Writes beside the file and renames; removes it if there is no text.
    private static func write(_ text: String?, to path: FilePath) throws {
        do {
            guard let text else { return try FileManager.default.removeItem(atPath: path.string) }
            try FileManager.default.createDirectory(
                atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path.string), options: .atomic)
        } catch {
            throw PlanError("cannot write '\(path)': \(error.localizedDescription)")
        }
    }
}
