import Foundation
package import Testing

/// Compares a text with the file `Goldens/NAME` beside the test, byte for byte.
///
/// `RECORD_GOLDENS=1 swift test` rewrites the files and lets every such test fail once, so that recording can never be
/// mistaken for passing; the change is then reviewed as a diff.
package func expectGolden(
    _ text: String, _ name: String, testFile: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let folder = URL(fileURLWithPath: testFile).deletingLastPathComponent().appendingPathComponent("Goldens")
    let file = folder.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        Issue.record("golden '\(name)' recorded; run again without RECORD_GOLDENS", sourceLocation: sourceLocation)
        return
    }
    guard let data = FileManager.default.contents(atPath: file.path) else {
        Issue.record("golden '\(name)' is missing; record it with RECORD_GOLDENS=1", sourceLocation: sourceLocation)
        return
    }
    let expected = String(decoding: data, as: UTF8.self)
    guard text != expected else { return }
    let difference = firstDifference(expected, text)
    Issue.record("golden '\(name)' differs \(difference)", sourceLocation: sourceLocation)
}

/// Names the first line that differs: whole files side by side hide it.
private func firstDifference(_ expected: String, _ actual: String) -> String {
    let left = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let right = actual.split(separator: "\n", omittingEmptySubsequences: false)
    for index in 0..<max(left.count, right.count) {
        let (old, new) = (
            left.indices.contains(index) ? left[index] : nil, right.indices.contains(index) ? right[index] : nil
        )
        if old != new {
            return
                "in line \(index + 1): expected \(old.map { "'\($0)'" } ?? "the end"), got \(new.map { "'\($0)'" } ?? "the end")"
        }
    }
    return "in its line endings"
}
