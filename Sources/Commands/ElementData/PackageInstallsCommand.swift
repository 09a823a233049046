package import ArgumentParser
package import Basics
import Elements
import Foundation
import SystemPackage

/// `ingot element-data package-installs --output DIR`: the packages of each phase, as lists for the hooks in the image.
///
/// For each phase with entries it writes `DIR/<phase>.d.install` and `DIR/<phase>.d.uninstall`, with a line
/// `element<TAB>package` for each, in element order; names are unmapped.
package struct PackageInstallsCommand: OutcomeCommand {
    package static let configuration = CommandConfiguration(
        commandName: "package-installs",
        abstract: "Write which packages each phase installs and uninstalls.")

    @Option(help: ArgumentHelp("The directory for the lists; made if there is none.", valueName: "directory"))
    package var output: String

    package init() {}

    package func outcome(environment: Environment) -> ToolOutcome {
        ToolOutcome.of {
            let elements = try ElementExports.elements(in: environment)
            let installs = try PackageInstalls.load(elements, variables: environment)
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            for (phase, lists) in installs.phases {
                try write(lists.install, to: "\(phase.directoryName).install")
                try write(lists.uninstall, to: "\(phase.directoryName).uninstall")
            }
            return ("", installs.warnings)
        }
    }

    private func write(_ items: [PackageInstalls.Item], to name: String) throws {
        guard !items.isEmpty else { return }
        let text = items.map { "\($0.element)\t\($0.package)\n" }.joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: FilePath(output).appending(name).string), options: .atomic)
    }
}
