import Basics
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage

/// How two trees that ought to be equal differ, and which hooks are to be asked why.
struct TreeDifferences: Sendable {
    /// A path of the image, what is another there, and who wrote it last, as far as that is known.
    struct Difference: Hashable, Sendable {
        let path: String
        let what: String
        let writer: String?

        var line: String { "/\(path): \(what)" + (writer.map { ", written by \($0)" } ?? "") }
    }

    let first: FilePath
    let second: FilePath
    let history: BuildHistory?

    /// `check` is called before each path, and may end it.
    func list(check: () throws -> Void) throws -> [Difference] {
        let left = Dictionary(uniqueKeysWithValues: try TreeListing.walk(first).entries.map { ($0.path, $0) })
        let right = Dictionary(uniqueKeysWithValues: try TreeListing.walk(second).entries.map { ($0.path, $0) })
        let owners = history?.owners ?? [:]
        func difference(_ path: String, _ what: String) -> Difference {
            Difference(path: path, what: what, writer: owners[path].flatMap { history?.entries[$0].name })
        }
        return try Set(left.keys).union(right.keys).sorted().compactMap { path in
            try check()
            guard let one = left[path] else { return difference(path, "is only in the other") }
            guard let other = right[path] else { return difference(path, "is only in the first") }
            return try what(one, other).map { difference(path, $0) }
        }
    }

    private func what(_ one: TreeListing.Entry, _ other: TreeListing.Entry) throws -> String? {
        if one.mode != other.mode {
            return "modes \(String(one.mode, radix: 8)) and \(String(other.mode, radix: 8))"
        }
        if one.user != other.user || one.group != other.group {
            return "owners \(one.user):\(one.group) and \(other.user):\(other.group)"
        }
        if one.isRegular, try one.size != other.size || !hasEqualBytes(one.path) { return "contents" }
        if one.isLink, try target(first, one) != target(second, other) { return "targets" }
        if one.modified != other.modified { return "times of modification" }
        return nil
    }

    private func hasEqualBytes(_ path: String) throws -> Bool {
        let (one, other) = (first.pushing(FilePath(path)), second.pushing(FilePath(path)))
        return FileManager.default.contentsEqual(atPath: one.string, andPath: other.string)
    }

    private func target(_ root: FilePath, _ entry: TreeListing.Entry) throws -> String {
        try FileManager.default.destinationOfSymbolicLink(atPath: root.pushing(FilePath(entry.path)).string)
    }
}
