import Foundation
import SystemPackage

/// What each hook of a build has done to the tree and how long it took, kept beside the image as `NAME.build.json`.
package struct BuildHistory: Hashable, Sendable, Codable {
    package struct Entry: Hashable, Sendable, Codable {
        package let element: String
        package let phase: String
        package let hook: String
        /// Of the run that has made the layer, when it was reused.
        package let seconds: Double
        package let isReused: Bool
        /// Files and links, with their sizes in bytes; nothing for hooks that work on the finished disk.
        package let written: [String: UInt64]
        package let removed: [String]

        package init(
            element: String, phase: String, hook: String, seconds: Double, isReused: Bool,
            written: [String: UInt64] = [:], removed: [String] = []
        ) {
            self.element = element
            self.phase = phase
            self.hook = hook
            self.seconds = seconds
            self.isReused = isReused
            self.written = written
            self.removed = removed
        }

        package var name: String { "\(element) \(phase)/\(hook)" }
    }

    package struct Package: Hashable, Sendable, Codable {
        package let name: String
        package let version: String
        /// In bytes, as the package says.
        package let size: UInt64
    }

    package var format = 1
    package let image: String
    /// In the order in which they were at work.
    package let entries: [Entry]
    package let packages: [Package]

    package init(image: String, entries: [Entry], packages: [Package]) {
        self.image = image
        self.entries = entries
        self.packages = packages
    }

    package static let suffix = ".build.json"

    /// Reads what is kept beside an image: `image` is its path, with or without the suffix of a format.
    package static func read(beside image: String) -> BuildHistory? {
        var candidates = [image]
        var path = FilePath(image)
        while let name = path.lastComponent, let dot = name.string.lastIndex(of: "."), dot != name.string.startIndex {
            path = path.removingLastComponent().appending(String(name.string[..<dot]))
            candidates.append(path.string)
        }
        for candidate in candidates {
            guard let data = FileManager.default.contents(atPath: candidate + suffix),
                let history = try? JSONDecoder().decode(BuildHistory.self, from: data), history.format == 1
            else { continue }
            return history
        }
        return nil
    }

    /// The hooks that have written or removed a path or something below it, in their order.
    package func writers(of path: String) -> [(entry: Entry, written: [String], removed: [String])] {
        let wanted = String(path.drop { $0 == "/" })
        func isMeant(_ path: String) -> Bool {
            wanted.isEmpty || path == wanted || path.hasPrefix(wanted + "/")
        }
        return entries.compactMap { entry in
            let written = entry.written.keys.filter(isMeant).sorted()
            let removed = entry.removed.filter { isMeant($0) || wanted.hasPrefix($0 + "/") }
            return written.isEmpty && removed.isEmpty ? nil : (entry, written, removed)
        }
    }

    /// The last writer of each path that is still there, as indexes of entries.
    package var owners: [String: Int] {
        var owners: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            let gone = Set(entry.removed)
            if !gone.isEmpty {
                owners = owners.filter { path, _ in
                    !gone.contains(path) && !FilePath(path).ancestors.contains { gone.contains($0) }
                }
            }
            for path in entry.written.keys { owners[path] = index }
        }
        return owners
    }

    /// Packages that dpkg has installed in a tree.
    static func debianPackages(status text: String) -> [Package] {
        text.split(separator: "\n\n").compactMap { stanza in
            var fields: [Substring: Substring] = [:]
            for line in stanza.split(separator: "\n") where line.first?.isWhitespace == false {
                guard let colon = line.firstIndex(of: ":") else { continue }
                fields[line[..<colon]] = line[line.index(after: colon)...].drop { $0 == " " }
            }
            guard let name = fields["Package"], fields["Status"]?.hasSuffix(" installed") == true else { return nil }
            let kibibytes = fields["Installed-Size"].flatMap { UInt64($0) } ?? 0
            return Package(name: String(name), version: String(fields["Version"] ?? ""), size: kibibytes << 10)
        }
    }
}

extension FilePath {
    /// The paths of the directories above a relative path.
    fileprivate var ancestors: [String] {
        var result: [String] = []
        var path = self
        while path.removeLastComponent(), !path.isEmpty { result.append(path.string) }
        return result
    }
}
