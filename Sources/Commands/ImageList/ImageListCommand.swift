import Basics
import LinuxOS

/// `diskimage-builder`: upstream's front end for lists of images in YAML files (compat-core section 10).
struct ImageListCommand {
    private struct Options {
        var isDryRun = false
        var stopsOnFailure = false
        var files: [String] = []
    }

    private static let definitions = [
        OptionDefinition(short: "h", long: "help", takesArgument: false),
        OptionDefinition(long: "dry-run"), OptionDefinition(long: "stop-on-failure"),
    ]

    let runner: any CommandRunner

    init(runner: any CommandRunner = SubprocessRunner(grace: .seconds(120))) { self.runner = runner }

    /// Runs the command line; gives the exit status.
    func run(_ arguments: [String], environment: Environment) async -> Int32 {
        do {
            let parser = OptionParser(program: "diskimage-builder", definitions: Self.definitions)
            let parsed = try parser.parse(arguments)
            if parsed.options.contains(where: { $0.name == "help" }) {
                printOutput(ImageListHelp.text)
                return 0
            }
            var options = Options(files: parsed.operands)
            options.isDryRun = parsed.options.contains { $0.name == "dry-run" }
            options.stopsOnFailure = parsed.options.contains { $0.name == "stop-on-failure" }
            guard !options.files.isEmpty else {
                throw OptionParserError(
                    messages: ["diskimage-builder: error: the following arguments are required: FILE"])
            }
            return try await build(try options.files.flatMap(ImageListEntry.load), options, environment)
        } catch let error as OptionParserError {
            printError(ImageListHelp.usage)
            error.messages.forEach(printError)
            return 2
        } catch {
            printError("error: \(error)")
            return 1
        }
    }

    private func build(_ entries: [ImageListEntry], _ options: Options, _ environment: Environment) async throws
        -> Int32
    {
        let images = ImageListEntry.merged(entries)
        var failed: [(name: String, status: Int32)] = []
        for image in images {
            printError(image.shellLine + "\n")
            guard !options.isDryRun else { continue }
            let status = try await run(image, environment)
            guard status != 0 else { continue }
            failed.append((image.name ?? "image", status))
            // An interrupted list is over: its next image would be the last thing that the caller wants.
            if options.stopsOnFailure || [129, 130, 143].contains(status) { break }
        }
        guard let last = failed.last else { return 0 }
        let names = failed.map { "'\($0.name)' (status \($0.status))" }.joined(separator: ", ")
        printError("error: \(failed.count) of \(images.count) images failed: \(names)")
        return last.status
    }

    /// Runs this program under the builder's name, on the caller's terminal; a signal to us is passed on, and waited for.
    private func run(_ image: ImageListEntry, _ environment: Environment) async throws -> Int32 {
        var variables = environment
        for pair in image.environment { variables[pair.name] = pair.value }
        let line = image.commandLine
        let command = Command(
            "/proc/self/exe", Array(line.dropFirst()), environment: variables, calledAs: line.first)
        let signals = try SignalStream.signals()
        let runner = runner
        let build = Task { try await runner.runOnTerminal(command).status.shellStatus }
        let watcher = Task { () -> Int32? in
            for await signal in signals {
                build.cancel()
                return signal
            }
            return nil
        }
        let result = await build.result
        watcher.cancel()
        if let signal = await watcher.value { return 128 + signal }
        return try result.get()
    }
}
