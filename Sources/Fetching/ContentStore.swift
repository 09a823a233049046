import DiskFormats
import Foundation
import LinuxOS
package import SystemPackage

/// Files that were fetched, each under the digest of its bytes: what a locked build takes them from.
///
/// Several builds use it at once: a file appears under its name whole, and is never changed. It is checked whenever it
/// is used, so that one that was changed on disk is found.
package struct ContentStore: Sendable {
    package let path: FilePath

    package init(creating path: FilePath) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path.appending("partial").string, withIntermediateDirectories: true)
        } catch {
            throw FetchError("make the store of downloads '\(path)'", error.localizedDescription)
        }
        sweep()
    }

    /// Removes what builds that were killed have not finished: nothing takes a day to fetch.
    private func sweep() {
        let folder = path.appending("partial")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? [] {
            let file = folder.appending(name).string
            let date = (try? FileManager.default.attributesOfItem(atPath: file))?[.modificationDate] as? Date
            if let date, date.timeIntervalSinceNow < -86_400 { try? FileManager.default.removeItem(atPath: file) }
        }
    }

    /// Where a file of that digest lies, whether it does or not.
    package func place(of digest: String) -> FilePath {
        path.appending(String(digest.prefix(2))).appending(digest)
    }

    /// A fresh name for something that is being fetched.
    func partial() -> FilePath { path.appending("partial").appending(UUID().uuidString) }

    /// The file of that digest; nothing if it is not there, an error if it is no longer what it was.
    package func file(_ digest: String) throws -> FilePath? {
        let place = place(of: digest)
        guard (try? place.stat()) != nil else { return nil }
        let actual = try Self.digest(of: place)
        guard actual == digest else {
            throw FetchError(
                "use '\(place)'", "it was changed: its digest is \(actual)", hint: "remove it; it is fetched anew")
        }
        return place
    }

    /// Gives a finished file its name; the digest and the place.
    func keep(_ partial: FilePath) throws -> (digest: String, place: FilePath) {
        let digest = try Self.digest(of: partial)
        let place = place(of: digest)
        try FileManager.default.createDirectory(
            atPath: place.removingLastComponent().string, withIntermediateDirectories: true)
        guard rename(partial.string, place.string) == 0 else {
            throw FetchError("keep '\(place)'", String(cString: strerror(errno)))
        }
        return (digest, place)
    }

    static func digest(of file: FilePath) throws -> String {
        let opened = try FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        return try opened.closeAfter {
            let digest = try MessageDigest(.sha256)
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 1)
            defer { chunk.deallocate() }
            while case let count = try opened.read(into: chunk), count > 0 {
                try digest.update(UnsafeRawBufferPointer(rebasing: chunk[..<count]))
            }
            return try digest.finish()
        }
    }
}
