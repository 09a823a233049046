import Basics
import Foundation
import SystemPackage

/// Fetches one address by `curl`, with the caller's proxies and certificates; blocks its thread.
struct Downloader: Sendable {
    enum Answer {
        /// The file has been written; seconds since 1970, if the server says so.
        case file(modified: UInt64?)
        /// The server says that there is no such thing.
        case absent(status: Int)
    }

    /// The caller's own, not that of hooks: there the proxy is the gateway itself.
    let environment: Environment

    func fetch(_ url: String, to target: FilePath) throws -> Answer {
        // No option is looked for in ~/.curlrc, and nothing but the web is reached: a URL comes from a hook.
        let options = [
            "--disable", "--silent", "--show-error", "--location", "--remote-time", "--retry", "3", "--connect-timeout",
            "20", "--speed-limit", "1000", "--speed-time", "60", "--proto", "=http,https", "--proto-redir",
            "=http,https", "--globoff", "--path-as-is", "--output", target.string, "--write-out", "%{http_code}",
        ]
        let result = try run("curl", options + ["--", url])
        let status = Int(result.output) ?? 0
        switch status {
        case 200 where result.status == 0:
            let date = (try? FileManager.default.attributesOfItem(atPath: target.string))?[.modificationDate] as? Date
            return .file(modified: date.map { UInt64(max(0, $0.timeIntervalSince1970)) })
        case 404, 410: return .absent(status: status)
        default:
            let reason = status == 0 || status == 200 ? result.errors : "the server answers with status \(status)"
            throw FetchError("fetch '\(url)'", reason.isEmpty ? "curl ended with status \(result.status)" : reason)
        }
    }

    /// All branches and tags of a repository and the one thing that is asked for, as a bundle; the commit it is now.
    func bundle(_ location: String, _ reference: String, to target: FilePath) throws -> String {
        let work = target.string + ".git"
        defer { try? FileManager.default.removeItem(atPath: work) }
        try git(["clone", "--quiet", "--mirror", "--", location, work])
        let isName = !reference.isEmpty && reference != "*"
        if isName { _ = try? git(["-C", work, "fetch", "--quiet", "origin", "+\(reference):\(reference)"]) }
        let commit = try git(["-C", work, "rev-parse", "--verify", (isName ? reference : "HEAD") + "^{commit}"])
        try git(["-C", work, "-c", "pack.threads=1", "bundle", "create", "--quiet", target.string, "HEAD", "--all"])
        return commit
    }

    @discardableResult
    private func git(_ arguments: [String]) throws -> String {
        let result = try run("git", arguments)
        guard result.status == 0 else {
            throw FetchError("run 'git \(arguments.joined(separator: " "))'", result.errors)
        }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func run(_ tool: String, _ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [tool] + arguments
        process.environment = environment.dictionary.merging(["LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"]) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // Both are a line or two: neither can fill its pipe while the other is read.
        let text = Self.readAll(output.fileHandleForReading.fileDescriptor)
        let complaint = Self.readAll(errors.fileHandleForReading.fileDescriptor)
        process.waitUntilExit()
        return (process.terminationStatus, text, complaint.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// FileHandle's own way ends the program where a signal interrupts it.
    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
