import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS

/// `disk-image-create`, `ramdisk-image-create`, `ingot build` and `ingot plan`: one engine, one set of options.
struct BuildCommand {
    let program: String
    let mode: BuildRequest.Mode
    /// `ingot plan` is a build that stops before its first effect.
    var onlyPlans = false

    /// Runs the command line; gives the exit status.
    func run(_ arguments: [String], environment: Environment) async -> Int32 {
        do {
            let outcome = try DiskImageOptions.interpret(
                arguments, program: program, mode: mode, environment: environment, machine: HostProbe.machine)
            switch outcome {
            case .help: printOutput(DiskImageHelp.text(program: program, mode: mode))
            case .version: printOutput(IngotVersion.text + "\n")
            case .build(let request, var presentation):
                presentation.isDryRun = presentation.isDryRun || onlyPlans
                return try await run(request, presentation)
            }
            return 0
        } catch let error as OptionParserError {
            error.messages.forEach(printError)
            return 1
        } catch {
            ErrorReport(error).print()
            return ErrorReport(error).status
        }
    }

    private func run(_ request: BuildRequest, _ presentation: BuildPresentation) async throws -> Int32 {
        let preparation = try BuildPreparation(request)
        if presentation.isDryRun {
            let description = PlanDescription(preparation)
            printOutput(presentation.style == .json ? try description.json() : description.text)
            return description.isPossible ? 0 : 1
        }
        try preparation.refuseUnlessPossible()
        if !Session.isInside { try Session.enter() }
        return try await BuildRun(preparation: preparation, style: presentation.style).run()
    }
}
