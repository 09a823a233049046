package import ArgumentParser
package import Basics
import Elements

/// `ingot element-data svc-map`: the names of services on the distribution of this build, as `service: name` lines.
package struct ServiceMapCommand: OutcomeCommand {
    package static let configuration = CommandConfiguration(
        commandName: "svc-map",
        abstract: "Print what the elements' services are called on this distribution.")

    package init() {}

    package func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let elements = try ElementExports.elements(in: environment)
            return (try ServiceMap.load(elements, variables: environment).text, [])
        }
    }
}
