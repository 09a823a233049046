import Foundation
import SystemPackage
import TestSupport
import Testing

/// How a run of the program ended.
struct BuildResult: Sendable {
    /// As a shell gives it: 128 and the signal's number for a death by signal.
    let status: Int32
    /// Standard output and standard error, as they came.
    let output: String
    let seconds: Double

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Fails the test, with the end of the log, unless the status is the one expected.
    func expectStatus(_ expected: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = lines.suffix(25).joined(separator: "\n")
        #expect(status == expected, "the log ends with:\n\(end)", sourceLocation: sourceLocation)
    }
}

/// The program while it runs; its output goes to a file, so that no pipe keeps anybody alive.
struct RunningBuild {
    private let process: Process
    private let log: FilePath
    private let start = ContinuousClock.now

    init(
        _ program: FilePath, _ arguments: [String], environment: [String: String], directory: FilePath, log: FilePath
    ) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program.string)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: directory.string)
        process.standardInput = FileHandle.nullDevice
        try Data().write(to: URL(fileURLWithPath: log.string))
        guard let handle = FileHandle(forWritingAtPath: log.string) else {
            throw Errno.ioError
        }
        process.standardOutput = handle
        process.standardError = handle
        self.log = log
        try process.run()
        try handle.close()
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }
    var output: String { (try? String(contentsOfFile: log.string, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Waits until the output has a text; false if the program ended first.
    func prints(_ text: String, within limit: Duration = .seconds(30)) async throws -> Bool {
        await eventually(within: limit) { output.contains(text) || !isRunning } && output.contains(text)
    }

    /// Waits for the end; a program that takes longer than a minute is killed.
    func result() async throws -> BuildResult {
        if await !eventually(within: .seconds(300), { !isRunning }) { send(SIGKILL) }
        process.waitUntilExit()
        let status = process.terminationReason == .uncaughtSignal ? 128 : 0
        let elapsed = ContinuousClock.now - start
        return BuildResult(
            status: Int32(status) + process.terminationStatus, output: output,
            seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
    }
}
