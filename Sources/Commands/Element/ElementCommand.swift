import ArgumentParser
import Basics
import Elements
import ImageAssembly
import ImagePlanning
import SystemPackage

/// `ingot element`: what elements there are, and help with writing one.
struct ElementCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "element",
        abstract: "List elements, show one, make one, test one.",
        discussion: """
            Elements are looked up in the directories of ELEMENTS_PATH, separated by colons, then among Ingot's own.

            Examples:
              ingot element list                     names, what they are for, how they are tested
              ingot element show openssh-server      variables, hooks, dependencies, and where it lies
              ingot element new my-elements/web      a new element that passes dib-lint
              ingot element test my-elements/web     build with it, as its test-elements say
            """,
        subcommands: [
            ElementListCommand.self, ElementShowCommand.self, ElementNewCommand.self, ElementTestCommand.self,
            ElementDocsCommand.self,
        ])
}

extension ElementLibrary {
    /// The elements that a build with this environment could use.
    static func found(_ environment: Environment) throws -> ElementLibrary {
        guard let resources = ResourceLocator(share: environment["INGOT_SHARE"]) else {
            throw PlanError(
                "cannot find Ingot's own elements and Resources",
                hint: "set INGOT_SHARE to the directory that holds both, or install with 'make install'")
        }
        let path = environment.nonEmpty("ELEMENTS_PATH").map { [$0] } ?? []
        return try ElementLibrary(
            searchPath: (path + [resources.elements.string]).joined(separator: ":"), builtin: resources.elements)
    }

    /// The element of a name, or that in a directory.
    func element(_ argument: String, in environment: Environment) throws -> Element {
        guard argument.contains("/") else { return try element(argument) }
        let directory = FilePath(argument)
        let library = try ElementLibrary(
            searchPath: directory.removingTrailingSlash.parent, builtin: builtin)
        return try library.element(directory.removingTrailingSlash.lastComponent?.string ?? argument)
    }
}

extension FilePath {
    /// `a/b/` as `a/b`.
    fileprivate var removingTrailingSlash: FilePath {
        FilePath(components.isEmpty ? string : lexicallyNormalized().string)
    }

    /// The directory that this is in, `.` for a bare name.
    fileprivate var parent: String {
        let parent = removingLastComponent().string
        return parent.isEmpty ? "." : parent
    }
}
