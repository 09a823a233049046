package import ArgumentParser
package import Basics
import Elements

/// `element-info`: which elements the given ones bring with them (compat-core section 5.6).
///
/// Nothing is implied: neither `base` nor a block device. Only the result goes to stdout, where callers evaluate it.
package struct ElementInfoCommand: OutcomeCommand {
    package static let configuration = CommandConfiguration(
        commandName: "element-info",
        abstract: "List elements with all their dependencies.",
        discussion: """
            Elements are looked up in the directories of ELEMENTS_PATH, separated by colons. With --env the output is \
            bash text that sets IMAGE_ELEMENT and IMAGE_ELEMENT_YAML and defines get_image_element_array.
            """)

    @Flag(name: .shortAndLong, help: "Print bash text to be evaluated.")
    package var env = false

    @Argument(help: "Names of elements.")
    package var elements: [String] = []

    package init() {}

    package func outcome(environment: Environment) -> ToolOutcome {
        guard !elements.isEmpty else {
            return ToolOutcome(
                diagnostics: "usage: " + Self.usageString()
                    + "\nerror: the following arguments are required: elements\n", status: 2
            )
        }
        return ToolOutcome.of {
            let catalog = try ElementCatalog.load(searchPath: environment["ELEMENTS_PATH"] ?? "")
            let selection = try ElementGraph(catalog: catalog).resolve(elements.map { ElementName($0) })
            let exports = ElementExports(selection.elements)
            return (env ? exports.shellText : exports.imageElement + "\n", catalog.overrides.map(\.description))
        }
    }
}
