import Foundation
package import SystemPackage

/// Runs `body` with a fresh directory that is removed afterwards, unless `KEEP_SCRATCH=1`.
package func withScratchDirectory<Result>(
    _ name: String = #function, in parent: String = "/tmp", _ body: (FilePath) async throws -> Result
) async throws -> Result {
    let safe = String(name.prefix { $0.isLetter || $0.isNumber })
    var template = Array("\(parent)/ingot-test-\(safe).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw POSIXError(.EIO) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
        if ProcessInfo.processInfo.environment["KEEP_SCRATCH"] != "1" {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
    return try await body(FilePath(path))
}
