import LinuxOS
import Synchronization

/// Runs nothing: keeps the commands it is given, and answers as a test says.
final class RecordingRunner: CommandRunner {
    private let recorded = Mutex<[Command]>([])
    private let answer: @Sendable (Command) -> CapturedOutput

    /// Every command succeeds without a word, unless `answer` says otherwise.
    init(answer: @escaping @Sendable (Command) -> CapturedOutput = { _ in RecordingRunner.success }) {
        self.answer = answer
    }

    static let success = CapturedOutput(outcome: CommandOutcome(status: .exited(0)), standardOutput: [])
    static func failure(_ status: Int32, _ lines: String...) -> CapturedOutput {
        CapturedOutput(outcome: CommandOutcome(status: .exited(status), lastLines: lines), standardOutput: [])
    }

    var commands: [Command] { recorded.withLock { $0 } }
    /// The commands as one would type them.
    var lines: [String] { commands.map(\.description) }

    private func record(_ command: Command) -> CapturedOutput {
        recorded.withLock { $0.append(command) }
        return answer(command)
    }

    func run(_ command: Command, onLine: @escaping @Sendable (String) -> Void) async throws -> CommandOutcome {
        let result = record(command)
        result.outcome.lastLines.forEach(onLine)
        return result.outcome
    }

    func capture(
        _ command: Command, limit: Int, onErrorLine: @escaping @Sendable (String) -> Void
    ) async throws -> CapturedOutput { record(command) }

    func runOnTerminal(_ command: Command) async throws -> CommandOutcome { record(command).outcome }
}
