import Foundation
import SystemPackage

/// Log files of builds that are shown live: one for each build, the latest few kept.
struct BuildLogs {
    let directory: FilePath
    static let kept = 20

    /// A path for a new log; older logs beyond the limit are removed.
    ///
    /// The name sorts by time, so the listing is the history. `salt` tells builds of the same second apart; a process
    /// number would not, because every engine has the same one in its own namespace.
    func newLog(image: String, at time: Timestamp, salt: UInt32) throws -> FilePath {
        try FileManager.default.createDirectory(atPath: directory.string, withIntermediateDirectories: true)
        prune()
        let name = image.split(separator: "/").last.map(String.init) ?? "image"
        return directory.appending("\(time.fileNameText)-\(name)-\(String(salt, radix: 36)).log")
    }

    private func prune() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        let logs = names.filter { $0.hasSuffix(".log") }.sorted()
        for name in logs.dropLast(Self.kept - 1) {
            try? FileManager.default.removeItem(atPath: directory.appending(name).string)
        }
    }
}
