package import Basics
import Foundation
import Synchronization
package import SystemPackage

/// Decides what a build gets for an address: what is there, noted for a lock, or what a lock says, and nothing else.
package final class FetchDesk: Sendable {
    package enum Rule: Sendable {
        /// Take what is there and note it; a lock that stood in the file before guards against older archives.
        case note(previous: BuildLock?)
        /// Only what the lock names: from the store, or from the network unless that is off.
        case locked(BuildLock, isOffline: Bool)
    }

    package enum Answer: Hashable, Sendable {
        case file(FilePath, modified: UInt64?)
        case absent(status: Int)
        /// The lock does not allow it.
        case refused(String)
        /// The network or the server does not give it.
        case failed(String)
    }

    private struct Record {
        var files: [String: BuildLock.File] = [:]
        var git: [String: BuildLock.Git] = [:]
        var dates: [String: ReleaseDates] = [:]
        var tunnels: Set<String> = []
        var refusals: [String] = []
        /// Addresses that a thread is fetching: others wait for it instead of fetching them, too.
        var underWay: Set<String> = []
    }

    private let rule: Rule
    private let store: ContentStore
    private let downloader: Downloader
    private let checksExpiry: Bool
    private let record = Mutex(Record())

    /// `environment` is the caller's, whose proxies reach the network; `checksExpiry` is DIB_APT_CHECK_VALID_UNTIL.
    package init(rule: Rule, store: ContentStore, environment: Environment, checksExpiry: Bool = true) {
        self.rule = rule
        self.store = store
        downloader = Downloader(environment: environment)
        self.checksExpiry = checksExpiry
    }

    /// What the lock has forbidden so far, or was broken: a build with any of these must not end in an image.
    package var refusals: [String] { record.withLock(\.refusals) }

    /// What was fetched.
    package func lock(architecture: String, elements: [String]) -> BuildLock {
        record.withLock { record in
            var lock = BuildLock(architecture: architecture, elements: elements)
            lock.files = Array(record.files.values)
            lock.packages = lock.files.compactMap { BuildLock.Package($0) }
            lock.repositories = record.dates.compactMap { url, dates in
                record.files[url]?.sha256.map {
                    .init(url: url, sha256: $0, date: dates.date, validUntil: dates.validUntil)
                }
            }
            lock.git = Array(record.git.values)
            lock.unlocked = Array(record.tunnels)
            return lock
        }
    }

    package func answer(_ url: String) -> Answer {
        while true {
            let known = record.withLock { record -> BuildLock.File?? in
                if let file = record.files[url] { return file }
                return record.underWay.insert(url).inserted ? .some(nil) : nil
            }
            guard let known else {
                usleep(10_000)
                continue
            }
            if let known { return use(known) }
            defer { _ = record.withLock { $0.underWay.remove(url) } }
            let answer: Answer
            do { answer = try decide(url) } catch { answer = .failed("\(error)") }
            if case .refused(let reason) = answer { note(refusal: reason) }
            return answer
        }
    }

    private func note(refusal: String) {
        record.withLock { if !$0.refusals.contains(refusal) { $0.refusals.append(refusal) } }
    }

    /// Something that was answered before: the same again, whatever the server has by now.
    private func use(_ file: BuildLock.File) -> Answer {
        guard let digest = file.sha256 else { return .absent(status: file.status ?? 404) }
        return .file(store.place(of: digest), modified: file.modified)
    }

    private func decide(_ url: String) throws -> Answer {
        switch rule {
        case .note(let previous): return try take(url, previous)
        case .locked(let lock, let isOffline):
            guard let entry = lock[url] else { return .refused("'\(url)' is not in the lock") }
            guard let digest = entry.sha256 else {
                record.withLock { $0.files[url] = entry }
                return use(entry)
            }
            var damage: String?
            do {
                if try store.file(digest) != nil {
                    record.withLock { $0.files[url] = entry }
                    return use(entry)
                }
            } catch { damage = "\(error)" }
            if isOffline { return .refused(damage ?? "'\(url)' is not in the store, and the build is offline") }
            return try fetchAgain(entry, digest, lock)
        }
    }

    /// The first time that anything of this address is wanted.
    private func take(_ url: String, _ previous: BuildLock?) throws -> Answer {
        var entry = BuildLock.File(url: url)
        let partial = store.partial()
        defer { unlink(partial.string) }
        switch try downloader.fetch(url, to: partial) {
        case .absent(let status):
            entry.status = status
        case .file(let modified):
            if ReleaseDates.isRelease(url) {
                let dates = Self.dates(of: partial)
                if let reason = age(of: url, dates, previous) { return .refused(reason) }
                record.withLock { $0.dates[url] = dates }
            }
            let (digest, place) = try store.keep(partial)
            entry.sha256 = digest
            entry.size = UInt64(try place.stat().size)
            entry.modified = modified
        }
        record.withLock { $0.files[url] = entry }
        return use(entry)
    }

    /// Why an archive is too old to be taken: what apt cannot know, or must not check in a build from a lock.
    private func age(of url: String, _ dates: ReleaseDates, _ previous: BuildLock?) -> String? {
        if checksExpiry, let end = dates.validUntil, end < UInt64(Date().timeIntervalSince1970) {
            return "'\(url)' was valid until \(ReleaseDates.words(end)): an old archive, replayed"
        }
        let last = previous?.repositories.first { $0.url == url }?.date
        guard let last, let date = dates.date, date < last else { return nil }
        return "'\(url)' is of \(ReleaseDates.words(date)), older than in the lock "
            + "(\(ReleaseDates.words(last))): an old archive, replayed"
    }

    private static func dates(of file: FilePath) -> ReleaseDates {
        let handle = FileHandle(forReadingAtPath: file.string)
        let start = try? handle?.read(upToCount: 64 << 10)
        try? handle?.close()
        return ReleaseDates(String(decoding: start ?? Data(), as: UTF8.self))
    }

    /// The network may refill the store, but only with the same bytes.
    private func fetchAgain(_ entry: BuildLock.File, _ digest: String, _ lock: BuildLock) throws -> Answer {
        let partial = store.partial()
        defer { unlink(partial.string) }
        guard case .file = try downloader.fetch(entry.url, to: partial) else {
            return .refused("'\(entry.url)' is gone, and not in the store")
        }
        let actual = try ContentStore.digest(of: partial)
        guard actual == digest else {
            if ReleaseDates.isRelease(entry.url), let date = Self.dates(of: partial).date,
                let locked = lock.repositories.first(where: { $0.url == entry.url })?.date, date < locked
            {
                return .refused(
                    "'\(entry.url)' is of \(ReleaseDates.words(date)), older than in the lock "
                        + "(\(ReleaseDates.words(locked))): an old archive, replayed")
            }
            return .refused("'\(entry.url)' is not what the lock says: its digest is \(actual), not \(digest)")
        }
        _ = try store.keep(partial)
        record.withLock { $0.files[entry.url] = entry }
        return use(entry)
    }

    /// Whether a program may reach a host without being looked at, as encrypted connections do.
    package func allowsTunnel(to host: String) -> Bool {
        switch rule {
        case .note:
            record.withLock { _ = $0.tunnels.insert(host) }
            return true
        case .locked:
            note(refusal: "a connection to '\(host)' cannot be looked into, so it is not allowed")
            return false
        }
    }

    /// The bundle of a git repository.
    package func git(_ location: String, _ reference: String) -> Answer {
        let answer: Answer
        do { answer = try bundle(location, reference) } catch { answer = .failed("\(error)") }
        if case .refused(let reason) = answer { note(refusal: reason) }
        return answer
    }

    private func bundle(_ location: String, _ reference: String) throws -> Answer {
        let name = "\(location) \(reference)"
        if let known = record.withLock({ $0.git[name] }) { return .file(store.place(of: known.sha256), modified: nil) }
        switch rule {
        case .note:
            let partial = store.partial()
            defer { unlink(partial.string) }
            let commit = try downloader.bundle(location, reference, to: partial)
            let (digest, place) = try store.keep(partial)
            let entry = BuildLock.Git(location: location, reference: reference, commit: commit, sha256: digest)
            record.withLock { $0.git[name] = entry }
            return .file(place, modified: nil)
        case .locked(let lock, _):
            guard let entry = lock.git.first(where: { $0.location == location && $0.reference == reference }) else {
                return .refused("the git repository '\(location)' (\(reference)) is not in the lock")
            }
            guard let place = try store.file(entry.sha256) else {
                return .refused("commit \(entry.commit) of '\(location)' is not in the store: lock it again")
            }
            record.withLock { $0.git[name] = entry }
            return .file(place, modified: nil)
        }
    }
}
