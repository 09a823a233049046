import Basics
import Foundation
import SystemPackage

/// The file that holds past timings: `$XDG_CACHE_HOME/ingot/timings.json`, else `~/.cache/ingot/timings.json`.
///
/// Only an estimate hangs on it, so nothing about it is an error: a missing, unreadable or foreign file counts as
/// empty, and one that cannot be written is not.
struct TimingStore: Sendable {
    let path: FilePath

    init(path: FilePath) { self.path = path }

    init?(environment: Environment) {
        guard let directory = CacheDirectory.path(environment) else { return nil }
        path = directory.appending("timings.json")
    }

    func load() -> TimingHistory {
        guard let data = FileManager.default.contents(atPath: path.string),
            let history = try? JSONDecoder().decode(TimingHistory.self, from: data), history.isReadable
        else { return .empty }
        return history
    }

    /// Replaces the file in one step, so that a build that reads it meanwhile sees the old or the new one.
    func save(_ history: TimingHistory) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(history) else { return }
        let directory = path.removingLastComponent().string
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try? data.write(to: URL(fileURLWithPath: path.string), options: .atomic)
    }
}

/// Where the program keeps what it may lose: timings and the logs of live builds.
enum CacheDirectory {
    /// XDG base directory specification: a relative `XDG_CACHE_HOME` is to be ignored.
    static func path(_ environment: Environment) -> FilePath? {
        if let cache = environment.nonEmpty("XDG_CACHE_HOME"), cache.hasPrefix("/") {
            return FilePath(cache).appending("ingot")
        }
        return environment.nonEmpty("HOME").map { FilePath($0).appending(".cache/ingot") }
    }
}
