import ArgumentParser
import Basics
import Foundation
import ImagePlanning
import LinuxOS

/// `ingot retry`: the build that failed last, from the hook on at which it failed.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Go on with the build that failed last, from the hook that failed.",
        discussion: """
            Runs the same command line in the same directory and environment. Every hook that had succeeded is taken
            from its layer, whether or not its inputs are declared; a hook that was edited meanwhile runs again, with all
            after it. Values of secret variables are not kept: set them again.
            """)

    @Option(name: .customLong("cache-dir"), help: "The layer store of the build (default: as 'ingot build').")
    var directory: String?

    func run() async throws {
        var environment = Environment(ProcessInfo.processInfo.environment)
        var policy = CachePolicy(environment: environment, isOnByDefault: true)
        if let directory { policy.directory = directory }
        guard let record = RetryRecord.Place(policy).read() else {
            throw PlanError(
                "no failed build is known in '\(policy.directory)'",
                hint: "only builds with layers can be resumed: 'ingot build', or INGOT_CACHE=1")
        }
        let missing = record.secretNames.filter { environment.nonEmpty($0) == nil }
        guard missing.isEmpty else {
            throw PlanError(
                "the build had values for \(missing.joined(separator: ", ")), which are kept nowhere",
                hint: "set them again, and retry")
        }
        guard FileManager.default.changeCurrentDirectoryPath(record.directory) else {
            throw PlanError("the build ran in '\(record.directory)', which cannot be entered")
        }
        let secrets = Environment(
            Dictionary(uniqueKeysWithValues: record.secretNames.map { ($0, environment[$0] ?? "") }))
        environment = record.environment.merging(secrets)
        let command = BuildCommand(program: record.program, mode: record.mode, resumed: Set(record.layers))
        let status = await command.run(record.arguments, environment: environment)
        if status != 0 { throw ExitCode(status) }
    }
}
