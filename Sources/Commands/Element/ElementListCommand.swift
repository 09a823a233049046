import ArgumentParser
import Basics
import Elements
import Foundation

/// `ingot element list`: a line for each element.
struct ElementListCommand: OutcomeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all elements: name, purpose, what they provide, how they are tested.")

    @Flag(help: "Print all that is known, for programs.")
    var json = false

    func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let profiles = try ElementLibrary.found(environment).profiles()
            return (json ? try Self.json(profiles) : Self.table(profiles), [])
        }
    }

    /// Columns of names, summaries, provided names and the way of testing; the last is Ingot's, so others have `-`.
    static func table(_ profiles: [ElementProfile]) -> String {
        let rows =
            [["NAME", "TESTED", "PROVIDES", "SUMMARY"]]
            + profiles.map { profile in
                [
                    profile.name, profile.tested?.level.title ?? "-",
                    profile.provides.isEmpty ? "-" : profile.provides.joined(separator: ","), profile.summary,
                ]
            }
        let widths = (0..<3).map { column in (rows.map { $0[column].count }.max() ?? 0) + 2 }
        return rows.map { row in
            zip(row, widths).map { $0.padding(to: $1) }.joined() + row[3] + "\n"
        }.joined()
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
