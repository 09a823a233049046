import DiskFormats
import Foundation
import LinuxOS
package import SystemPackage

/// What is written beside a layer: where it belongs, how it came about, and what must be there for it to be whole.
package struct LayerManifest: Hashable, Sendable, Codable {
    /// Something outside that was asked, and the digest of the answer.
    package struct Answer: Hashable, Sendable, Codable {
        package let question: String
        package let digest: String
    }

    /// The tree's directory, in numbers.
    package struct Contents: Hashable, Sendable, Codable {
        package let digest: String
        /// Without the top.
        package let entryCount: Int
        package let allocated: UInt64
    }

    /// Of this structure and of the directories around it; layers of another are not looked at.
    package static let currentFormat = 1

    package var format = LayerManifest.currentFormat
    package let identifier: String
    package let keyText: String
    package let parent: String
    package let hook: HookIdentity
    package let key: LayerKey
    package let answers: [Answer]
    /// Why nobody can know whether this is still right; nothing if it can be known.
    package let impurity: String?
    /// Seconds since 1970.
    package let created: Double
    /// How long the hook took.
    package let seconds: Double
    /// Mounts are in no layer: where hooks run after this one, they are made again.
    package let mounts: [LeftMount]
    /// Whether the image's resolver configuration has been put aside for the time of the build.
    package let hasResolver: Bool
    /// Package indexes that the tree is configured for, as addresses.
    package let indexes: [PackageIndex]
    package let staged: StagedChanges
    package let contents: Contents
    /// Of a finished image: the names of its files; nothing for what hooks have done to a tree.
    package var outputs: [String]?

    /// The layer's directory.
    package var name: String { "\(keyText).\(identifier)" }

    package static func read(_ directory: FilePath) -> LayerManifest? {
        guard let data = FileManager.default.contents(atPath: directory.appending("manifest.json").string),
            let manifest = try? JSONDecoder().decode(LayerManifest.self, from: data),
            manifest.format == currentFormat, manifest.name == directory.lastComponent?.string
        else { return nil }
        return manifest
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

extension LayerManifest.Contents {
    /// Of a listing: paths, kinds, modes, owners, sizes, times; not what the file system chooses.
    ///
    /// Of a finished image, who may read it is nobody's concern but its owner's.
    init(_ listing: TreeListing, isImage: Bool = false) throws {
        let digest = try MessageDigest(.sha256)
        var allocated: UInt64 = 0
        for entry in listing.entries {
            // A directory's size depends on its history, a removed file's mark has nothing but its name.
            let size = entry.isDirectory || entry.isWhiteout ? 0 : entry.size
            let times = entry.isWhiteout ? 0 : entry.modified
            let access = isImage ? "\(entry.mode & S_IFMT)" : "\(entry.mode) \(entry.user) \(entry.group)"
            // The top of an image's files is the store's own.
            let time = isImage && entry.isDirectory ? 0 : times
            let line = "\(entry.path)\0\(access) \(size) \(time) \(entry.deviceNumber) \(entry.isOpaque)\n"
            try Array(line.utf8).withUnsafeBytes { try digest.update($0) }
            allocated += entry.allocated
        }
        self.init(digest: try digest.finish(), entryCount: listing.entries.count - 1, allocated: allocated)
    }
}
