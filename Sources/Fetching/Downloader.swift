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
        let result = try run("curl", options + ["--", url], beside: target)
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
        func git(_ arguments: [String]) throws -> String { try self.git(arguments, beside: target) }
        _ = try git(["clone", "--quiet", "--mirror", "--", location, work])
        let isName = !reference.isEmpty && reference != "*"
        if isName { _ = try? git(["-C", work, "fetch", "--quiet", "origin", "+\(reference):\(reference)"]) }
        let commit = try git(["-C", work, "rev-parse", "--verify", (isName ? reference : "HEAD") + "^{commit}"])
        _ = try git(["-C", work, "-c", "pack.threads=1", "bundle", "create", "--quiet", target.string, "HEAD", "--all"])
        return commit
    }

    private func git(_ arguments: [String], beside target: FilePath) throws -> String {
        let result = try run("git", arguments, beside: target)
        guard result.status == 0 else {
            throw FetchError("run 'git \(arguments.joined(separator: " "))'", result.errors)
        }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs a tool to its end; what it says goes to files beside the target.
    ///
    /// Not by Foundation, whose way to wait for a process can miss the end of it on a thread without a run loop.
    private func run(
        _ tool: String, _ arguments: [String], beside target: FilePath
    ) throws -> (status: Int32, output: String, errors: String) {
        let places = [target.string + ".stdout", target.string + ".stderr"]
        defer { for place in places { unlink(place) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for (index, place) in places.enumerated() {
            posix_spawn_file_actions_addopen(&actions, Int32(index + 1), place, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        let variables = environment.dictionary.merging(["LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"]) { $1 }
        var words = (["env", tool] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + settings { free(text) } }
        var child = pid_t()
        let failure = posix_spawn(&child, "/usr/bin/env", &actions, nil, &words, &settings)
        guard failure == 0 else { throw FetchError("run '\(tool)'", String(cString: strerror(failure))) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let texts = places.map { place in
            String(decoding: FileManager.default.contents(atPath: place) ?? Data(), as: UTF8.self)
        }
        // The low bits are the signal, the next eight the status (wait(2)).
        let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
        return (code, texts[0], texts[1].trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
