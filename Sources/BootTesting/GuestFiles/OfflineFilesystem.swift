import DiskFormats
import LinuxOS
import SystemPackage

/// An ext file system inside a disk file, read and changed without mounting it, root or a loop device: by `debugfs`.
///
/// `debugfs` exits with 0 whatever happens, so each change is read back.
struct OfflineFilesystem: GuestFiles {
    let disk: FilePath
    let offset: UInt64
    let runner: any CommandRunner

    private var volume: String { offset == 0 ? disk.string : "\(disk)?offset=\(offset)" }

    func read(_ path: String) async throws -> String? {
        let command = Command("debugfs", ["-R", "cat \"\(path)\"", volume])
        let captured = try await runner.capture(command, limit: 16 << 20) { _ in }
        guard captured.outcome.status.isSuccess else { throw CommandFailure(command, captured.outcome) }
        return captured.text.isEmpty ? nil : captured.text
    }

    func hasDirectory(_ path: String) async throws -> Bool {
        let command = Command("debugfs", ["-R", "stat \"\(path)\"", volume])
        return try await runner.output(of: command).contains("Type: directory")
    }

    func write(_ text: String, to path: String, through local: FilePath) async throws {
        try writeFile(Array(text.utf8), to: local)
        let command = Command(
            "debugfs", ["-w", "-f", "-", volume],
            standardInput: .text("rm \"\(path)\"\nwrite \"\(local)\" \"\(path)\"\n"))
        let captured = try await runner.capture(command, limit: 1 << 20) { _ in }
        guard try await read(path) == text else {
            throw BootTestError(
                .toolFailed, "write '\(path)' into the throw-away copy",
                "debugfs did not (\(captured.outcome.lastLines.last ?? "without a word"))")
        }
    }
}
