import ArgumentParser
import Basics
import Elements

/// `ingot element show`: all that is known of an element.
struct ElementShowCommand: OutcomeCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an element: purpose, variables, hooks, dependencies, inputs, place.")

    @Flag(help: "Print it for programs.")
    var json = false

    @Argument(help: "Name of an element, or its directory.", completion: .elements)
    var element: String

    func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let library = try ElementLibrary.found(environment)
            let element = try library.element(element, in: environment)
            let profile = try library.profile(of: element)
            if json { return (try ElementListCommand.json(profile), []) }
            return (ElementText(profile: profile, introduction: try library.readme(of: element)?.introduction).text, [])
        }
    }
}

extension CompletionKind {
    /// Names of elements, asked of the program itself.
    static var elements: CompletionKind {
        .shellCommand("ingot element list | sed -e 1d -e 's/ .*//'")
    }
}
