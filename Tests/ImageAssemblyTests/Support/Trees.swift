import Elements
import Foundation
import SystemPackage
import TestSupport

/// Writes files, given by path below `root`, with the directories they need; a value `-> target` makes a link.
func write(_ files: KeyValuePairs<String, String>, below root: FilePath, executable: Bool = false) throws {
    for (name, text) in files {
        let path = root.appending(name)
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        if text.hasPrefix("-> ") {
            try FileManager.default.createSymbolicLink(
                atPath: path.string, withDestinationPath: String(text.dropFirst(3)))
            continue
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path.string))
        if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string) }
    }
}

func text(_ path: FilePath) -> String? {
    FileManager.default.contents(atPath: path.string).map { String(decoding: $0, as: UTF8.self) }
}

/// Where a link points; nil if there is none.
func target(_ path: FilePath) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path.string) }

/// Names in a directory, sorted.
func names(in directory: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.string).sorted()
}

/// The plan for staging the elements below `root`, in the order of their names.
func stagingPlan(_ root: FilePath) throws -> StagingPlan {
    let elements = try names(in: root).map {
        Element(name: ElementName($0), path: root.appending($0), dependencies: [], provides: [])
    }
    return try StagingPlan(try ElementListing.load(elements))
}
