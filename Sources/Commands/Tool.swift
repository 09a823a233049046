import ArgumentParser
package import Basics
import ImagePlanning

/// The multi-call program: which command a name stands for.
///
/// Installed under upstream's names as links; `ingot NAME …` does the same. Upstream looks at its own name too.
package enum Tool {
    /// Runs the command that the first argument (the name this was called by) stands for; gives the exit status.
    package static func run(_ arguments: [String], environment: Environment) async -> Int32 {
        let name = arguments.first.map { String($0.split(separator: "/").last ?? "ingot") } ?? "ingot"
        let rest = Array(arguments.dropFirst())
        if name == imageList { return await ImageListCommand().run(rest, environment: environment) }
        if name == "ingot", rest.first == imageList {
            return await ImageListCommand().run(Array(rest.dropFirst()), environment: environment)
        }
        if name == "ingot", rest.first == prove {
            return await ProveCommand.run(Array(rest.dropFirst()), environment: environment)
        }
        if name == "ingot", rest == ["help", prove] { return await ProveCommand.run(["-h"], environment: environment) }
        if let command = imageBuilder(name) { return await command.run(rest, environment: environment) }
        if name == "ingot", let first = rest.first, let command = imageBuilder(first) {
            return await command.run(Array(rest.dropFirst()), environment: environment)
        }
        if name == "ingot", rest.first == "help", rest.count == 2, let command = imageBuilder(rest[1]) {
            return await command.run(["--help"], environment: environment)
        }
        let known = Set(IngotCommand.configuration.subcommands.map { $0._commandName })
        return await runParsed(known.contains(name) ? [name] + rest : rest)
    }

    private static let prove = "prove"
    private static let imageList = "diskimage-builder"

    /// The commands with upstream's command line, which ArgumentParser cannot parse.
    private static func imageBuilder(_ name: String) -> BuildCommand? {
        switch name {
        case "disk-image-create": BuildCommand(program: name, mode: .disk)
        case "ramdisk-image-create": BuildCommand(program: name, mode: .ramdisk)
        case "build": BuildCommand(program: "ingot build", mode: .native)
        case "lock": BuildCommand(program: "ingot lock", mode: .native, onlyLocks: true)
        case "plan": BuildCommand(program: "ingot plan", mode: .native, onlyPlans: true)
        default: nil
        }
    }

    private static func runParsed(_ arguments: [String]) async -> Int32 {
        do {
            var command = try IngotCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            let status = IngotCommand.exitCode(for: error).rawValue
            let message = IngotCommand.fullMessage(for: error)
            if status == 0 { printOutput(message + "\n") } else if !message.isEmpty { printError(message) }
            // ArgumentParser's own status for a bad command line is 64; upstream's tools, and ours, say 1.
            return status == ExitCode.validationFailure.rawValue ? 1 : status
        }
    }
}
