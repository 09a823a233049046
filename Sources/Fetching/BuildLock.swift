package import Foundation

/// Everything that a build has fetched, as a file that people read and keep: the principal type of `Fetching`.
///
/// What belongs here: what a build takes from the network, keeping it, and giving it again. A build asks through
/// `FetchGateway`; what may be answered is either anything, and noted (`--lock`), or only what a lock names
/// (`--locked`).
package struct BuildLock: Hashable, Sendable, Codable {
    /// One address, and what was there.
    package struct File: Hashable, Sendable, Codable {
        package var url: String
        /// 64 hexadecimal digits; nothing where there was nothing.
        package var sha256: String?
        /// In bytes.
        package var size: UInt64?
        /// Seconds since 1970, as the server says.
        package var modified: UInt64?
        /// The server's answer where it had no such file (404, 410): that, too, is held to.
        package var status: Int?

        package init(url: String) { self.url = url }
    }

    /// A package, told by the name of its file; the same files stand in `files`.
    package struct Package: Hashable, Sendable, Codable {
        package let name: String
        package let version: String
        package let architecture: String
        package let sha256: String
        package let url: String
    }

    /// A package archive: the file that its keys sign, and when that was made.
    package struct Repository: Hashable, Sendable, Codable {
        package let url: String
        package let sha256: String
        /// Seconds since 1970.
        package let date: UInt64?
        package let validUntil: UInt64?
    }

    package struct Git: Hashable, Sendable, Codable {
        package let location: String
        package let reference: String
        package let commit: String
        /// Of the bundle in the store.
        package let sha256: String

        package init(location: String, reference: String, commit: String, sha256: String) {
            self.location = location
            self.reference = reference
            self.commit = commit
            self.sha256 = sha256
        }
    }

    package static let currentFormat = 1
    package var format = Self.currentFormat
    package var architecture: String
    package var elements: [String]
    package var repositories: [Repository] = []
    package var packages: [Package] = []
    package var git: [Git] = []
    package var files: [File] = []
    /// Hosts that were reached through encrypted tunnels: what came from there is not locked, and a locked build may
    /// not reach them.
    package var unlocked: [String] = []

    package init(architecture: String, elements: [String]) {
        self.architecture = architecture
        self.elements = elements
    }

    /// When the newest of what was fetched was made, in seconds since 1970: the date of an image made of it.
    ///
    /// Archives say it; where there is none, the files' servers do.
    package var date: UInt64? { repositories.compactMap(\.date).max() ?? files.compactMap(\.modified).max() }

    package subscript(url: String) -> File? { files.first { $0.url == url } }

    /// Sorted keys and entries, one a line: differences of two locks can be read.
    package func text() throws -> Data {
        var sorted = self
        sorted.files.sort { $0.url < $1.url }
        sorted.packages.sort { ($0.name, $0.architecture, $0.url) < ($1.name, $1.architecture, $1.url) }
        sorted.repositories.sort { $0.url < $1.url }
        sorted.git.sort { ($0.location, $0.reference) < ($1.location, $1.reference) }
        sorted.unlocked.sort()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(sorted) + Data("\n".utf8)
    }

    package static func read(_ path: String) throws -> BuildLock {
        let attempt = "read the lock '\(path)'"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw FetchError(attempt, "it is not there, or not readable", hint: "'ingot lock' writes one")
        }
        let lock: BuildLock
        do { lock = try JSONDecoder().decode(BuildLock.self, from: data) } catch {
            throw FetchError(attempt, "it is no lock: \(Self.reason(error))", hint: "write it anew by 'ingot lock'")
        }
        guard lock.format == currentFormat else {
            throw FetchError(attempt, "it has format \(lock.format), this version reads \(currentFormat)")
        }
        if let file = lock.files.first(where: { !$0.isWhole }) {
            throw FetchError(attempt, "its entry for '\(file.url)' has neither a digest nor a status of absence")
        }
        return lock
    }

    private static func reason(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .keyNotFound(let key, _): "'\(key.stringValue)' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            context.debugDescription
        default: "\(error)"
        }
    }
}

extension BuildLock.File {
    var isWhole: Bool {
        if let sha256 { return sha256.wholeMatch(of: /[0-9a-f]{64}/) != nil }
        return status == 404 || status == 410
    }
}

/// Something could not be fetched, kept or trusted.
package struct FetchError: Error, Hashable, Sendable, CustomStringConvertible {
    package let attempt: String
    package let reason: String
    package let hint: String?

    package init(_ attempt: String, _ reason: String, hint: String? = nil) {
        self.attempt = attempt
        self.reason = reason
        self.hint = hint
    }

    package var description: String { "cannot \(attempt): \(reason)" }
}
