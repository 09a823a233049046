import Foundation
import SystemPackage

/// Puts finished files under their final names, and keeps what was there before (compat-core section 7.7).
struct OutputNaming: Sendable {
    let overwritesOldImages: Bool
    /// When this build publishes; the suffix of an older image that is in the way.
    let now: Date

    /// The hidden name beside the final one under which a file is written.
    static func partial(of path: FilePath) -> FilePath {
        let name = path.lastComponent?.string ?? "image"
        return path.removingLastComponent().appending(".\(name).\(ProcessInfo.processInfo.processIdentifier).partial")
    }

    /// Renames `partial` to `path`; an older image there is renamed first, with its checksum files.
    ///
    /// Returns the line upstream prints about the older image.
    func publish(_ partial: FilePath, as path: FilePath, keepsOld: Bool) throws -> String? {
        var line: String?
        if keepsOld, !overwritesOldImages, FileManager.default.fileExists(atPath: path.string) {
            let old = datedName(for: path)
            try rename(path, old)
            for suffix in [".md5", ".sha256"] where FileManager.default.fileExists(atPath: path.string + suffix) {
                try rename(FilePath(path.string + suffix), FilePath(old.string + suffix))
            }
            line = "Old image found. Renaming it to \(old)"
        }
        try rename(partial, path)
        return line
    }

    /// `image.qcow2` → `image-2026.11.21-08.15.00.qcow2`, in local time as upstream.
    private func datedName(for path: FilePath) -> FilePath {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.dateFormat = "yyyy.MM.dd-HH.mm.ss"
        let stem = (path.lastComponent?.stem ?? "image") + "-" + formatter.string(from: now)
        let suffix = path.extension.map { "." + $0 } ?? ""
        return path.removingLastComponent().appending(stem + suffix)
    }

    private func rename(_ source: FilePath, _ target: FilePath) throws {
        guard Foundation.rename(source.string, target.string) == 0 else {
            throw AssemblyError(
                .invalidState, "cannot rename '\(source)' to '\(target)': \(String(cString: strerror(errno)))")
        }
    }
}
