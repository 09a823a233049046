import Foundation
import SystemPackage
import TestSupport

extension BuildSandbox {
    /// What the builds of this sandbox have left behind, once they had `limit` to tidy up: nothing, if all is well.
    ///
    /// Other people use the same machine: of the whole process list, device list and mount tables, that which bears
    /// this sandbox's mark or path is compared with the nothing that was there before it.
    func leftovers(within limit: Duration) async throws -> [String] {
        var found: [String] = []
        _ = try await eventually(within: limit) {
            found = try processes() + loopDevices() + mounts() + temporaryTrees() + partialFiles()
            return found.isEmpty
        }
        return found
    }

    /// Processes whose environment has the mark: the program's own three, hooks, and whatever hooks started.
    func processes() throws -> [String] {
        try Self.identifiers().compactMap { identifier in
            guard let environment = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(identifier)/environ")),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(marker.utf8) }),
                let words = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(identifier)/cmdline"))
            else { return nil }
            let line = String(decoding: words, as: UTF8.self).replacingOccurrences(of: "\0", with: " ")
            return "process \(identifier): \(line)"
        }
    }

    private func loopDevices() throws -> [String] {
        try runTool("losetup", ["-a"]).output.split(separator: "\n").filter { $0.contains(path.string) }
            .map { "loop device \($0)" }
    }

    /// Mounts below the sandbox, in the namespace of any process of the machine.
    private func mounts() throws -> [String] {
        var tables: Set<String> = []
        for identifier in try Self.identifiers() {
            let process = "/proc/\(identifier)"
            guard let space = try? FileManager.default.destinationOfSymbolicLink(atPath: process + "/ns/mnt"),
                tables.insert(space).inserted,
                let table = try? String(contentsOfFile: process + "/mounts", encoding: .utf8)
            else { continue }
            let found = table.split(separator: "\n").filter { $0.contains(temporary.string + "/") }
            if !found.isEmpty { return found.map { "mount \($0)" } }
        }
        return []
    }

    private func temporaryTrees() throws -> [String] {
        try names(in: temporary).filter { $0.hasPrefix("dib_") }.map { "tree \($0)" }
    }

    private func partialFiles() throws -> [String] {
        try names(in: output).filter { $0.hasSuffix(".partial") }.map { "file \($0)" }
    }

    private static func identifiers() throws -> [Int] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int($0) }
    }
}
