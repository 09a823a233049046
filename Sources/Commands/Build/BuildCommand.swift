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
    /// `ingot lock` is a build that leaves a lock, and images only if they are asked for.
    var onlyLocks = false
    /// Layers of a build that failed, for the one that goes on from there.
    var resumed: Set<String>?

    /// Runs the command line; gives the exit status.
    func run(_ arguments: [String], environment: Environment) async -> Int32 {
        do {
            if mode == .native, var several = try ImageSetOptions.parse(arguments, program: program) {
                several.isDryRun = several.isDryRun || onlyPlans
                return await ImageSetCommand(options: several, environment: environment).run()
            }
            let outcome = try DiskImageOptions.interpret(
                arguments, program: program, mode: mode, environment: environment, machine: HostProbe.machine)
            switch outcome {
            case .help:
                printOutput(
                    DiskImageHelp.text(program: program, mode: mode, onlyPlans: onlyPlans, onlyLocks: onlyLocks))
            case .version: printOutput(IngotVersion.text + "\n")
            case .build(var request, var presentation):
                if let resumed {
                    request.cache.isOn = true
                    request.cache.resumed = resumed
                }
                if onlyLocks {
                    if !arguments.contains(where: { $0.hasPrefix("-t") }) { request.formats = [] }
                    if request.fetching.isFree {
                        request.fetching.kind = .writes(request.imageName + ".lock.json")
                        request.cache.isOn = false
                    }
                }
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
        var request = request
        try LockChecks.prepare(&request)
        var preparation = try BuildPreparation(request)
        await preparation.lookIntoBaseImage(runner: SubprocessRunner())
        if presentation.checksMirror { await preparation.checkMirrors(runner: SubprocessRunner()) }
        if presentation.isDryRun {
            var description = PlanDescription(preparation)
            description.layers = try await LayerPreview(request, asks: presentation.explains).forecast()
            return try show(description, request, presentation)
        }
        try preparation.refuseUnlessPossible()
        if !Session.isInside { try Session.enter() }
        return try await BuildRun(preparation: preparation, style: presentation.style).run()
    }

    private func show(
        _ plan: PlanDescription, _ request: BuildRequest, _ presentation: BuildPresentation
    ) throws -> Int32 {
        if presentation.style == .json {
            printOutput(try plan.json())
        } else {
            let hasColours = Terminal(environment: request.environment)?.hasColours ?? false
            let lines = PlanText(plan: plan, showsAll: request.traceLevel > 0).lines
            printOutput(lines.map { $0.rendered(withColours: hasColours) + "\n" }.joined())
        }
        return plan.isPossible ? 0 : 1
    }
}
