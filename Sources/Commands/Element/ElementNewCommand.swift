import ArgumentParser
import Basics
import Elements
import Foundation
import ImagePlanning
import SystemPackage

/// `ingot element new`: a small element to begin with, whole enough to pass `dib-lint` and its own test.
struct ElementNewCommand: OutcomeCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make an element with documents, a hook and a test.",
        discussion: """
            A bare name is made in the first directory of ELEMENTS_PATH, else in the current directory; a path is made \
            where it says.
            """)

    @Option(help: "One line: what the element is for.")
    var summary = "Says what this element adds to an image."

    @Option(help: "The operating system element that its test builds with.", completion: .elements)
    var operatingSystem = "debian-minimal"

    @Argument(help: "Name of the element, or the directory to make.")
    var name: String

    func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let directory = directory(environment)
            let scaffold = ElementScaffold(
                name: try Self.elementName(directory), summary: summary, operatingSystem: operatingSystem)
            guard !summary.isEmpty, !summary.contains(where: \.isNewline) else {
                throw PlanError("the summary is not one line")
            }
            try scaffold.write(to: directory)
            let path = directory.removingLastComponent().string
            let next = """
                made \(directory) with \(scaffold.files.count) files; next:
                  dib-lint \(directory)
                  ELEMENTS_PATH=\(path.isEmpty ? "$PWD" : path) ingot build -o image \(operatingSystem) vm \(scaffold.name)
                  ingot element test \(directory.components.count > 1 || directory.isAbsolute ? "\(directory)" : "./\(directory)")

                """
            return (next, [])
        }
    }

    private func directory(_ environment: Environment) -> FilePath {
        let first = environment["ELEMENTS_PATH"]?.split(separator: ":").first.map(String.init)
        guard !name.contains("/"), let first else { return FilePath(name).lexicallyNormalized() }
        return FilePath(first).appending(name)
    }

    /// Words that names of hooks, packages lists and variables can be made of.
    private static func elementName(_ directory: FilePath) throws -> String {
        let name = directory.lastComponent?.string ?? ""
        guard name.wholeMatch(of: /[a-z0-9][a-z0-9-]*/) != nil else {
            throw PlanError(
                "'\(name)' is no good name for an element", hint: "lower-case letters, digits and hyphens: web-server")
        }
        return name
    }
}
