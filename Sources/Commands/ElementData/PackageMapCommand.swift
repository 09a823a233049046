package import ArgumentParser
package import Basics
import Elements
import SystemPackage

/// `ingot element-data pkg-map FILE`: a package map as lines that bash can read, `kind<TAB>where<TAB>name<TAB>value`.
package struct PackageMapCommand: OutcomeCommand {
    package static let configuration = CommandConfiguration(
        commandName: "pkg-map",
        abstract: "Print a package map as sorted lines of text.")

    @Argument(help: "A pkg-map file (JSON).")
    package var file: String

    package init() {}

    package func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of { (try PackageMap.load(FilePath(file)).flatText, []) }
    }
}
