import BootTesting
import Foundation

/// A boot test's report as text: for people, and as one JSON object for programs.
enum BootTestText {
    static func summary(_ report: BootTestReport) -> String {
        let stages = report.milestones.map { "\($0.name.rawValue) \($0.seconds) s" }.joined(separator: ", ")
        let disk = report.sectorSize == 512 ? "" : ", sectors of \(report.sectorSize) bytes"
        let machine =
            "\(report.firmware.rawValue)\(disk), \(report.accelerator.rawValue), \(stages.isEmpty ? "nothing on the console" : stages)"
        guard let failure = report.failure else {
            return "\(report.image): boot test passed: \(goal(report)) (\(machine))\n"
        }
        var lines = ["\(report.image): boot test failed after \(report.seconds) s: \(failure) (\(machine))"]
        if !report.lastLines.isEmpty {
            lines += ["the last lines of its console:"] + report.lastLines.map { "    " + $0 }
        }
        if let log = report.log { lines.append("the whole log: \(log)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func goal(_ report: BootTestReport) -> String {
        switch (report.level, report.rootIsVerified) {
        case (.root, true): "a shell on the image's root file system"
        case (.root, false): "a shell on a root file system"
        case (.ramdisk, _): "the ramdisk's /init at work"
        case (.system, _): "a running system without failed units"
        }
    }

    static func json(_ report: BootTestReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(report), as: UTF8.self) + "\n"
    }
}
