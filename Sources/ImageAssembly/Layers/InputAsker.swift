import Basics
import DiskFormats
import Elements
import Foundation
import LinuxOS
import SystemPackage

/// Asks what hooks read from outside for what it is now, each thing once in a build.
///
/// By the tools that the hooks use themselves, `curl` and `git`, with the proxies of the environment.
actor InputAsker {
    /// Nobody can say what it is now.
    struct Failure: Error, Sendable {
        let question: String
        let reason: String
    }

    private let runner: any CommandRunner
    private let environment: Environment
    private var answers: [String: Result<String, Failure>] = [:]

    init(runner: any CommandRunner, environment: Environment) {
        self.runner = runner
        self.environment = environment
    }

    /// The answers for a hook's inputs; the package managers' are about the indexes that the tree is set up for.
    func answers(to inputs: [ElementInput], indexes: [PackageIndex]) async throws -> [LayerManifest.Answer] {
        var questions: [(String, @Sendable () async throws -> String)] = []
        for input in inputs {
            switch input {
            case .packages(let manager):
                for index in indexes where index.manager == manager {
                    questions.append(("packages \(index.address)", fetch(index.address)))
                }
            case .file(let path): questions.append(("file \(path)", { try Self.digest(ofFile: path) }))
            case .url(let address): questions.append(("url \(address)", fetch(address)))
            case .git(let address, let reference):
                questions.append(("git \(address) \(reference)", commit(address, reference)))
            }
        }
        try await ask(questions.filter { answers[$0.0] == nil })
        return try Set(questions.map(\.0)).sorted().map { question in
            LayerManifest.Answer(question: question, digest: try answers[question]?.get() ?? "")
        }
    }

    /// A value of its own: with a tuple in its place, the optimised program crashes in the task group (Swift 6.3).
    private struct Reply: Sendable {
        let question: String
        let result: Result<String, Failure>
    }

    /// All at once: each is a wait for the network.
    private func ask(_ questions: [(String, @Sendable () async throws -> String)]) async throws {
        try await withThrowingTaskGroup(of: Reply.self) { group in
            for (question, answer) in questions {
                group.addTask { try await Self.reply(to: question, answer) }
            }
            for try await reply in group { answers[reply.question] = reply.result }
        }
    }

    private static func reply(
        to question: String, _ answer: @Sendable () async throws -> String
    ) async throws -> Reply {
        do { return Reply(question: question, result: .success(try await answer())) } catch let error
            as CancellationError
        {
            throw error
        } catch {
            return Reply(question: question, result: .failure(Failure(question: question, reason: "\(error)")))
        }
    }

    /// The digest of the bytes at an address; of a list of mirrors, of the digests in it: the rest changes by the hour.
    private func fetch(_ address: String) -> @Sendable () async throws -> String {
        let (runner, environment) = (runner, environment)
        return {
            let options = ["--silent", "--show-error", "--fail", "--location", "--retry", "2", "--max-time", "60"]
            let command = Command("curl", options + ["--", address], environment: environment)
            let captured = try await runner.capture(command, limit: 64 << 20) { _ in }
            guard captured.outcome.status.isSuccess else {
                throw CommandFailure(command, captured.outcome)
            }
            let text = String(decoding: captured.standardOutput, as: UTF8.self)
            let hashes = text.contains("<metalink") ? text.matches(of: /<hash type="sha256">([0-9a-f]+)</) : []
            return try sha256(of: hashes.isEmpty ? text : String(hashes[0].1))
        }
    }

    /// The commit that a reference of a repository names now; a full identifier names itself.
    private func commit(_ address: String, _ reference: String) -> @Sendable () async throws -> String {
        let (runner, environment) = (runner, environment)
        return {
            if reference.wholeMatch(of: /[0-9a-f]{40,64}/) != nil { return reference }
            let words = ["ls-remote", "--", address] + (reference.isEmpty ? [] : [reference])
            return try sha256(of: try await runner.output(of: Command("git", words, environment: environment)))
        }
    }

    /// Of bytes, modes, names and links of a file or directory of the host; what is not there has an answer too.
    static func digest(ofFile path: String) throws -> String {
        let top = FilePath(path)
        guard (try? top.stat()) != nil else { return "missing" }
        let real = FilePath(URL(filePath: path).resolvingSymlinksInPath().path)
        let lines = try TreeListing.walk(real).entries.map { entry -> String in
            let place = entry.path.isEmpty ? real : real.pushing(FilePath(entry.path))
            return "\(entry.path)\0\(entry.mode) \(try FileState.digest(of: place, entry))\n"
        }
        return try sha256(of: lines.joined())
    }
}

/// The contents of one entry of a tree, as a digest.
enum FileState {
    static func digest(of path: FilePath, _ entry: TreeListing.Entry) throws -> String {
        if entry.isLink {
            return try sha256(of: try FileManager.default.destinationOfSymbolicLink(atPath: path.string))
        }
        return entry.isRegular ? try digest(ofBytes: path) : ""
    }

    static func digest(ofBytes path: FilePath) throws -> String {
        let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        return try file.closeAfter {
            let digest = try MessageDigest(.sha256)
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 1)
            defer { chunk.deallocate() }
            while case let count = try file.read(into: chunk), count > 0 {
                try digest.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            }
            return try digest.finish()
        }
    }
}
