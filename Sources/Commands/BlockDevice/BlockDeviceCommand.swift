package import ArgumentParser
package import Basics
import ImageAssembly
import LinuxOS
import Synchronization
import SystemPackage

/// `dib-block-device`: upstream's helper, for scripts that make a disk themselves or ask about a build's
/// (compat-blockdevice section 1).
///
/// Standard output has only what `getval` prints. The build does not come through here, but does the same things by the
/// same code.
package struct BlockDeviceCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dib-block-device",
        abstract: "Make the disk of a block-device layout, release it, or print a value of it.",
        discussion: """
            init            check the layout that the parameters name, and write it flattened
            getval SYMBOL   print one of root-label, root-fstype, boot-label, mount-points, image-path, \
            image-block-device, image-block-devices
            create          make image files, partitions, filesystems and mounts
            writefstab      write etc/fstab into the tree 'built' of the build directory
            umount          unmount and detach everything; the image files are complete then
            cleanup         the same, and forget the disk; the image files stay
            delete          forget the disk, and remove its image files

            The order is: init, create, writefstab, umount, cleanup; after a failure: delete.
            """,
        shouldDisplay: false)

    @Option(
        help: ArgumentHelp("The parameters of the build (YAML); else DIB_BLOCK_DEVICE_PARAMS_YAML.", valueName: "file"))
    package var params: String?

    @Argument(help: "init, getval, create, writefstab, umount, cleanup or delete.")
    package var verb: String?

    @Argument(help: "What getval prints.")
    package var symbol: String?

    package init() {}

    /// What can be asked for.
    private enum Verb: String, CaseIterable {
        case initialise = "init"
        case getval
        case create
        case writefstab
        case umount
        case cleanup
        case delete
    }

    package func run() async throws {
        let signals = try SignalStream.signals()
        let work = Task { await self.outcome(environment: .ofThisProcess, log: printError) }
        let watcher = Task { () -> Int32? in
            for await signal in signals {
                // What is half made is taken back before the program ends.
                work.cancel()
                return signal
            }
            return nil
        }
        let result = await work.value
        watcher.cancel()
        if let signal = await watcher.value, result.status != 0 { throw ExitCode(128 + signal) }
        try result.report()
    }

    /// The outcome of a whole command line, everything it says included.
    package static func outcome(arguments: [String], environment: Environment) async -> ToolOutcome {
        let lines = Mutex<[String]>([])
        do {
            guard let command = try parseAsRoot(arguments) as? BlockDeviceCommand else {
                throw CleanExit.helpRequest(self)
            }
            var outcome = await command.outcome(environment: environment) { line in lines.withLock { $0.append(line) } }
            outcome.diagnostics = lines.withLock { $0.map { $0 + "\n" }.joined() } + outcome.diagnostics
            return outcome
        } catch {
            return ToolOutcome(diagnostics: fullMessage(for: error) + "\n", status: exitCode(for: error).rawValue)
        }
    }

    private func outcome(environment: Environment, log: @escaping @Sendable (String) -> Void) async -> ToolOutcome {
        guard let path = params ?? environment.nonEmpty("DIB_BLOCK_DEVICE_PARAMS_YAML") else {
            return usage("DIB_BLOCK_DEVICE_PARAMS_YAML or --params not set")
        }
        guard let verb = verb.flatMap(Verb.init(rawValue:)), verb == .getval || symbol == nil else {
            return usage("give one of: " + Verb.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if verb == .getval, symbol == nil { return usage("the following arguments are required: symbol") }
        do {
            let tool = try BlockDeviceTool(parametersAt: FilePath(path), environment: environment, log: log)
            return ToolOutcome(output: try await perform(verb, with: tool).map { $0 + "\n" } ?? "")
        } catch {
            let failure = ErrorReport(error).failure
            let lines =
                failure.lastLines + ["error: \(failure.summary)"] + (failure.hint.map { ["hint: \($0)"] } ?? [])
            return ToolOutcome(diagnostics: lines.map { $0 + "\n" }.joined(), status: 1)
        }
    }

    /// Gives what goes to standard output.
    private func perform(_ verb: Verb, with tool: BlockDeviceTool) async throws -> String? {
        switch verb {
        case .initialise: try tool.initialise()
        case .getval: return try tool.value(of: symbol ?? "")
        case .create: try await tool.create()
        case .writefstab: try tool.writeFstab()
        case .umount: try await tool.unmount()
        case .cleanup: try await tool.cleanUp()
        case .delete: try await tool.delete()
        }
        return nil
    }

    private func usage(_ message: String) -> ToolOutcome {
        ToolOutcome(diagnostics: "usage: \(Self.usageString())\nerror: \(message)\n", status: 2)
    }
}
