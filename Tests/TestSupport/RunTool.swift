import Foundation

/// Output of a tool that a test ran as an outside oracle.
package struct ToolResult: Sendable, Equatable {
    package let status: Int32
    package let output: String

    package init(status: Int32, output: String) {
        self.status = status
        self.output = output
    }
}

/// Runs a program found on PATH, waits, and gives its status and combined output.
package func runTool(
    _ name: String, _ arguments: [String], environment: [String: String]? = nil, directory: String? = nil
) throws -> ToolResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: name.hasPrefix("/") ? name : "/usr/bin/env")
    process.arguments = name.hasPrefix("/") ? arguments : [name] + arguments
    if let environment { process.environment = environment }
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ToolResult(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
}
