package import ArgumentParser
import Basics
import DiskFormats
import Foundation
import SystemPackage

/// `ingot image check FILE`: whether an image's structure is sound.
package struct ImageCheckCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the structure of an image: tables, checksums, overlaps, lost room.",
        discussion: """
            Exit status, as of 'qemu-img check': 0 no errors, 1 the check could not be made, 2 errors found, 3 no errors, \
            but room in the file that nothing uses. A raw disk has no structure and is never wrong.

            Examples:
              ingot image check disk.qcow2
              ingot image check --data disk.vmdk        also read and inflate everything
              ingot image check --json disk.vhdx | jq .errors
            """)

    @Argument(help: "The image.", completion: .file())
    var image: String

    @Option(name: [.customShort("f"), .long], help: "The image's format instead of a guess.")
    var format: DiskImageFormat?

    @Flag(help: "Also read and inflate all data.")
    var data = false

    @Flag(help: "Print JSON: format, errors, leakedBytes, messages.")
    var json = false

    package init() {}

    /// The keys of the JSON form.
    struct Report: Codable, Equatable {
        let format: String
        let errors: Int
        let leakedBytes: UInt64
        let messages: [String]

        var status: Int32 { errors > 0 ? 2 : leakedBytes > 0 ? 3 : 0 }
    }

    package func run() throws {
        let report: Report
        do { report = try Self.report(of: FilePath(image), format: format, readsData: data) } catch {
            printError("error: \(error)")
            throw ExitCode(1)
        }
        try printOutput(json ? Self.json(report) : Self.text(report))
        if report.status != 0 { throw ExitCode(report.status) }
    }

    private static func report(of path: FilePath, format: DiskImageFormat?, readsData: Bool) throws -> Report {
        let check = try ImageCheck(path, format: format, readsData: readsData)
        return Report(
            format: check.format.rawValue, errors: check.findings.errorCount, leakedBytes: check.findings.leakedBytes,
            messages: check.findings.messages)
    }

    static func text(_ report: Report) -> String {
        var lines = report.messages.map { "  \($0)" }
        let hidden = report.errors - report.messages.count
        if hidden > 0 { lines.append("  and \(hidden) more") }
        let errors = report.errors == 0 ? "no errors" : report.errors == 1 ? "1 error" : "\(report.errors) errors"
        let leaks = report.leakedBytes == 0 ? "" : ", \(ByteCount(report.leakedBytes)) of the file unused"
        return (["\(report.format): \(errors)\(leaks)"] + lines).joined(separator: "\n") + "\n"
    }

    static func json(_ report: Report) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }
}
