package import Basics
internal import CLinux
internal import Glibc
internal import Subprocess
internal import SystemPackage

/// Runs commands for real, with swift-subprocess.
///
/// Except on the terminal, every command leads a session and process group of its own. If the task is cancelled, the
/// group gets SIGTERM, `grace` to end, and SIGKILL; so does what is left of the group after its leader has gone.
package struct SubprocessRunner: CommandRunner {
    /// How long a cancelled command may take to end by itself.
    private let grace: Duration
    /// The environment of commands that bring none; nil passes on this process's own.
    private let environment: Basics.Environment?

    package init(grace: Duration = .seconds(3), environment: Basics.Environment? = nil) {
        self.grace = grace
        self.environment = environment
    }

    package func run(_ command: Command, onLine: @escaping @Sendable (String) -> Void) async throws -> CommandOutcome {
        let pipe = try OutputPipe()
        let (status, lines) = try await spawn(
            command, output: .fileDescriptor(pipe.writeEnd, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { drain in try await drain.lines(of: pipe.readEnd, onLine: onLine) }
        return CommandOutcome(status: status, lastLines: lines)
    }

    package func capture(
        _ command: Command, limit: Int, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> CapturedOutput {
        let output = try OutputPipe()
        let errors = try OutputPipe()
        let (status, result) = try await spawn(
            command, output: .fileDescriptor(output.writeEnd, closeAfterSpawningProcess: true),
            error: .fileDescriptor(errors.writeEnd, closeAfterSpawningProcess: true)
        ) { drain in
            try await drain.collect(output.readEnd, limit: limit, errors: errors.readEnd, onErrorLine: onErrorLine)
        }
        let outcome = CommandOutcome(status: status, lastLines: result.lastLines)
        return CapturedOutput(outcome: outcome, standardOutput: result.output)
    }

    package func runOnTerminal(_ command: Command) async throws -> CommandOutcome {
        let configuration = configuration(for: command, ownSession: false)
        let result = try await attempting(command) {
            try await Subprocess.run(
                configuration, input: .currentStandardInput, output: .currentStandardOutput,
                error: .currentStandardError)
        }
        try Session.takeTerminal()
        return CommandOutcome(status: CommandStatus(result.terminationStatus))
    }

    private func spawn<Output: OutputProtocol, ErrorOutput: ErrorOutputProtocol, Result: Sendable>(
        _ command: Command, output: Output, error: ErrorOutput, _ body: (OutputDrain) async throws -> Result
    ) async throws -> (CommandStatus, Result) {
        switch command.standardInput {
        case .null: try await spawn(command, input: .none, output, error, body)
        case .inherited: try await spawn(command, input: .currentStandardInput, output, error, body)
        case .text(let text):
            try await spawn(command, input: Self.input(of: try memoryFile(text)), output, error, body)
        case .descriptor(let number): try await spawn(command, input: Self.input(of: number), output, error, body)
        }
    }

    private static func input(of descriptor: Int32) -> FileDescriptorInput {
        .fileDescriptor(.init(rawValue: descriptor), closeAfterSpawningProcess: true)
    }

    private func spawn<
        Input: InputProtocol, Output: OutputProtocol, ErrorOutput: ErrorOutputProtocol, Result: Sendable
    >(
        _ command: Command, input: Input, _ output: Output, _ error: ErrorOutput,
        _ body: (OutputDrain) async throws -> Result
    ) async throws -> (CommandStatus, Result) {
        let configuration = configuration(for: command, ownSession: true)
        let ended = try await attempting(command) {
            try await Subprocess.run(configuration, input: input, output: output, error: error) { execution in
                let process = execution.processIdentifier
                // The leader is not reaped before this closure returns, so its number still is the group's.
                defer { if Task.isCancelled { kill(-process.value, SIGKILL) } }
                return try await body(OutputDrain(process: process.processDescriptor))
            }
        }
        try Task.checkCancellation()
        return (CommandStatus(ended.terminationStatus), ended.closureResult)
    }

    private func attempting<Result>(_ command: Command, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw SystemError("run '\(command.executable)'", error)
        }
    }

    private func configuration(for command: Command, ownSession: Bool) -> Configuration {
        var options = PlatformOptions()
        options.createSession = ownSession
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: ownSession, allowedDurationToNextStep: grace)
        ]
        // Not its form with raw bytes: 1.0.2 does not terminate those (strdup of an array), so values grow tails.
        let variables = (command.environment ?? environment).map { environment in
            environment.dictionary.reduce(into: [Subprocess.Environment.Key: String]()) { result, variable in
                guard let key = Subprocess.Environment.Key(rawValue: variable.key) else { return }
                result[key] = variable.value
            }
        }
        return Configuration(
            executable: command.executable.contains("/")
                ? .path(FilePath(command.executable)) : .name(command.executable),
            arguments: Arguments(executablePathOverride: command.calledAs, remainingValues: command.arguments),
            environment: variables.map { .custom($0) } ?? .inherit,
            workingDirectory: command.directory, platformOptions: options)
    }
}

/// A file in memory with the text: a pipe to a command that ends without reading it would end us by SIGPIPE.
private func memoryFile(_ text: String) throws(SystemError) -> Int32 {
    let bytes = Array(text.utf8)
    return try check(ingot_memory_file(bytes, UInt(bytes.count)), "keep a command's input")
}

/// A pipe for a command's output.
///
/// The write end belongs to the spawn, the read end to this object.
private final class OutputPipe: Sendable {
    let readEnd: Int32
    let writeEnd: FileDescriptor

    init() throws(SystemError) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutableBytes(of: &ends) { bytes in
            bytes.baseAddress.map { ingot_pipe($0.assumingMemoryBound(to: Int32.self)) } ?? 0
        }
        try check(result, "make a pipe")
        readEnd = ends.0
        writeEnd = FileDescriptor(rawValue: ends.1)
    }

    deinit { close(readEnd) }
}

extension CommandStatus {
    fileprivate init(_ status: TerminationStatus) {
        switch status {
        case .exited(let code): self = .exited(code)
        case .signaled(let signal): self = .signaled(signal)
        }
    }
}

extension SystemError {
    /// A failed start, in the kernel's words where there are any.
    fileprivate init(_ attempt: String, _ error: SubprocessError) {
        if error.code == .executableNotFound {
            self.init(attempt, .noSuchFileOrDirectory)
        } else if let code = error.underlyingError {
            self.init(attempt, code)
        } else {
            self.init(attempt, because: error.description)
        }
    }
}
