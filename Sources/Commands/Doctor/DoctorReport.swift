import Foundation
import ImagePlanning

/// What `ingot doctor` found.
struct DoctorReport: Equatable {
    let elements: [String]
    let facts: HostFacts
    let checks: [HostCheck]

    var canBuild: Bool { !checks.contains { $0.status == .missing } }
    var installCommand: String? { HostCheck.installCommand(for: checks, on: facts) }
}

/// The report for people, and for programs.
struct DoctorText {
    let report: DoctorReport
    /// Width of the terminal; nil does not wrap.
    let columns: Int?
    private static let statusWidth = 9

    var lines: [StyledLine] {
        let titleWidth = (report.checks.map { TerminalText.width($0.title) }.max() ?? 0) + 2
        var lines: [StyledLine] = []
        for check in report.checks {
            let head = StyledLine(Self.padded(check.status.rawValue, Self.statusWidth), check.status.style)
            lines += wrapped(head + StyledLine(Self.padded(check.title, titleWidth)), check.detail, titleWidth)
            guard check.status != .ok, let remedy = check.remedy, !isInstalledAtTheEnd(check) else { continue }
            lines += wrapped(StyledLine(Self.padded("", Self.statusWidth + titleWidth)), "mend: \(remedy)", titleWidth)
        }
        return lines + summary
    }

    private func isInstalledAtTheEnd(_ check: HostCheck) -> Bool {
        !check.packages.isEmpty && report.installCommand != nil
    }

    private var summary: [StyledLine] {
        let missing = report.checks.filter { $0.status == .missing }.count
        let warnings = report.checks.filter { $0.status == .warning }.count
        let what = report.elements.joined(separator: " ")
        var lines: [StyledLine] = [""]
        let counts = [(missing, "missing"), (warnings, warnings == 1 ? "warning" : "warnings")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        let tail = counts.isEmpty ? "." : ": \(counts)."
        lines.append(
            report.canBuild
                ? StyledLine("This host can build \(what)", .good) + StyledLine(tail)
                : StyledLine("This host cannot build \(what)", .bad) + StyledLine(tail))
        if let command = report.installCommand {
            lines += ["To install what was not found:", StyledLine("  \(command)", .bold)]
        }
        return lines
    }

    /// The detail beside its head, continued below itself where the terminal is too narrow.
    private func wrapped(_ head: StyledLine, _ detail: String, _ titleWidth: Int) -> [StyledLine] {
        let indent = Self.statusWidth + titleWidth
        guard let columns, columns >= indent + 20 else { return [head + StyledLine(detail)] }
        var rows: [String] = [""]
        for word in detail.split(separator: " ") {
            let last = rows[rows.count - 1]
            if !last.isEmpty, indent + TerminalText.width(last) + 1 + TerminalText.width(String(word)) > columns {
                rows.append(String(word))
            } else {
                rows[rows.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
            }
        }
        let gap = StyledLine(String(repeating: " ", count: indent))
        return rows.enumerated().map { ($0 == 0 ? head : gap) + StyledLine($1) }
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - TerminalText.width(text)))
    }

    static func json(_ report: DoctorReport) throws -> String {
        struct Document: Encodable {
            let elements: [String]
            let canBuild: Bool
            let checks: [HostCheck]
            let installCommand: String?
            let host: HostFacts
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            elements: report.elements, canBuild: report.canBuild, checks: report.checks,
            installCommand: report.installCommand, host: report.facts)
        return String(decoding: try encoder.encode(document), as: UTF8.self) + "\n"
    }
}

extension HostCheck.Status {
    fileprivate var style: StyledLine.Style {
        switch self {
        case .ok: .good
        case .warning: .caution
        case .missing: .bad
        }
    }
}
