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
    let pipe = Pipe()
    let process = try started {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: name.hasPrefix("/") ? name : "/usr/bin/env")
        process.arguments = name.hasPrefix("/") ? arguments : [name] + arguments
        if let environment { process.environment = environment }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        return process
    }
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ToolResult(status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
}

/// Starts a process; a script that was just written may be open for writing still, in a child that another test of this
/// process has forked and that has not become its program yet.
private func started(_ make: () -> Process) throws -> Process {
    for _ in 0..<200 {
        let process = make()
        do {
            try process.run()
            return process
        } catch let error as NSError {
            let reason = error.userInfo[NSUnderlyingErrorKey] as? NSError
            guard reason?.domain == NSPOSIXErrorDomain, reason?.code == Int(ETXTBSY) else { throw error }
            usleep(10_000)
        }
    }
    let process = make()
    try process.run()
    return process
}
