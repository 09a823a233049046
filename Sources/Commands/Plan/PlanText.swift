import Basics
import BlockDevices
import Elements
import Foundation
import ImageAssembly
import ImagePlanning

extension PlanDescription {
    /// The plan for programs: sorted keys, no escaped slashes.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}

/// The plan for people: what is built of what, in which order, onto which disk, and whether this host can do it.
///
/// One heading per topic, one line per fact; what is like on every host is left out unless all is asked for.
struct PlanText {
    let plan: PlanDescription
    /// With `-x`: every variable, in full, and every host check.
    var showsAll = false
    /// Where long lists are broken.
    private static let width = 100

    var lines: [StyledLine] {
        [title, StyledLine("")] + elements + steps + PlanVariables(plan: plan, showsAll: showsAll).lines + disk
            + outputs + host
            + plan.warnings.map { StyledLine($0, .caution) }
    }

    private var title: StyledLine {
        StyledLine("\(plan.image) for \(plan.architecture)", .bold)
            + StyledLine(", built in \(plan.buildDirectory)\(plan.onTmpfs ? " on tmpfs" : "")")
    }

    static func section(_ title: String, _ rows: [StyledLine]) -> [StyledLine] {
        rows.isEmpty ? [] : [StyledLine(title, .bold)] + rows.map { StyledLine("  ") + $0 } + [StyledLine("")]
    }

    /// Rows of two columns, the first as wide as its longest text, but not wider than `limit`.
    static func table(_ rows: [(String, String)], limit: Int = 40) -> [StyledLine] {
        let width = rows.map(\.0.count).filter { $0 <= limit }.max() ?? 0
        return rows.map { StyledLine($0.1.isEmpty ? $0.0 : $0.0.padding(to: width + 2) + $0.1) }
    }

    private var elements: [StyledLine] {
        let width = (plan.elements.map(\.name.count).max() ?? 0) + 2
        return Self.section(
            "Elements (\(plan.elements.count))",
            plan.elements.flatMap { element in
                Self.wrapped(
                    Self.joined(element.reasons).components(separatedBy: ", "), indent: element.name.padding(to: width))
            })
    }

    /// `dependency of a, b; provides c`: what reasons have in common is said once.
    private static func joined(_ reasons: [String]) -> String {
        let common = "dependency of "
        let dependants = reasons.filter { $0.hasPrefix(common) }.map { $0.dropFirst(common.count) }
        let others = reasons.filter { !$0.hasPrefix(common) }
        let dependency = dependants.isEmpty ? [] : [common + dependants.joined(separator: ", ")]
        return (others.filter { !$0.hasPrefix("provides ") } + dependency + others.filter { $0.hasPrefix("provides ") })
            .joined(separator: "; ")
    }

    private var steps: [StyledLine] {
        let count = plan.phases.map(\.hooks.count).reduce(0, +)
        let width = plan.phases.flatMap(\.hooks).map(\.name.count).max() ?? 0
        let digits = String(plan.steps.count).count
        var rows: [StyledLine] = []
        for (index, step) in plan.steps.enumerated() {
            let number = String(index + 1)
            let head = String(repeating: " ", count: digits - number.count) + number + "  "
            guard let row = plan.phases.first(where: { $0.phase == step.phase }) else {
                rows.append(StyledLine(head + step.title))
                continue
            }
            let place = row.place == .host ? "on the host" : "in the image"
            rows.append(StyledLine(head + step.title + (row.hooks.isEmpty ? ": none" : ", \(place)")))
            let indent = String(repeating: " ", count: digits + 4)
            rows += row.hooks.map { hook in
                let forecast = plan.layers?.rows.first { $0.phase == row.phase && $0.hook == hook.name }
                let element = forecast == nil ? hook.element : hook.element.padding(to: 22)
                return StyledLine(indent + hook.name.padding(to: width + 2) + element) + Self.outcome(forecast)
            }
        }
        return Self.section("Steps, with \(count) hooks and the elements they are of", rows)
    }

    private static func outcome(_ row: LayerForecast.Row?) -> StyledLine {
        switch row?.outcome {
        case .hit: StyledLine("layer", .good)
        case .miss: StyledLine("no layer", .caution) + StyledLine(row?.reason.map { ": \($0)" } ?? "", .dim)
        case .after: StyledLine("runs after it", .dim)
        case nil: StyledLine("")
        }
    }

    private var disk: [StyledLine] {
        let rows = plan.disk.tree.filter { $0.node.kind != "mount" && $0.node.kind != "fstab" }
            .map { (String(repeating: "  ", count: $0.depth) + $0.node.name, detail(of: $0.node)) }
        return Self.section(
            "Disk, by \(plan.disk.origin)",
            Self.table(
                (plan.disk.size.map { [("size", $0)] } ?? [])
                    + [("backend", "\(plan.disk.backend.rawValue): \(plan.disk.backendReason)")] + rows))
    }

    /// A filesystem with its mount and its line of fstab: three nodes, but one fact to readers.
    private func detail(of node: PlannedDisk.Node) -> String {
        var details = [node.detail]
        for mount in plan.disk.nodes where mount.kind == "mount" && mount.base == node.name {
            details.append("at \(mount.detail)")
            details += plan.disk.nodes.filter { $0.kind == "fstab" && $0.base == mount.name }.map {
                "fstab \($0.detail)"
            }
        }
        return details.joined(separator: ", ")
    }

    private var outputs: [StyledLine] {
        var rows = plan.outputs.map { StyledLine($0.path) }
        if let image = plan.layers?.image {
            rows.append(
                image.outcome == .hit
                    ? StyledLine("kept: nothing has changed, no disk is made", .good)
                    : StyledLine("made anew", .caution)
                        + StyledLine(image.reason.map { ": \($0)" } ?? "", .dim))
        }
        return Self.section("Outputs", rows)
    }

    private var host: [StyledLine] {
        let fine = plan.hostChecks.filter { $0.status == .ok }
        var rows: [StyledLine] = plan.hostChecks.filter { $0.status != .ok }.flatMap(Self.lines)
        if showsAll {
            rows += fine.flatMap(Self.lines)
        } else {
            // A measure or an address is worth its words; that a program is where it is expected is not.
            let words = fine.map { check in
                let isTelling = check.detail.first?.isNumber == true || check.detail.hasPrefix("'")
                return isTelling ? "\(check.title) (\(check.detail))" : check.title
            }
            rows += Self.wrapped(words, indent: "ok".padding(to: 9))
        }
        if let command = plan.installCommand { rows.append("install what is missing: " + StyledLine(command, .bold)) }
        return Self.section(plan.isPossible ? "This host can build it" : "This host cannot build it", rows)
    }

    private static func lines(of check: HostCheck) -> [StyledLine] {
        let (mark, style): (String, StyledLine.Style) =
            switch check.status {
            case .ok: ("ok", .good)
            case .warning: ("warning", .caution)
            case .missing: ("MISSING", .bad)
            }
        let head = StyledLine(mark.padding(to: 9), style) + StyledLine("\(check.title): \(check.detail)")
        guard check.status != .ok, check.packages.isEmpty, let remedy = check.remedy else { return [head] }
        return [head, StyledLine("".padding(to: 9) + "mend: \(remedy)")]
    }

    /// Words in lines of `width`, separated by commas; later lines indented like the first.
    static func wrapped(_ words: [String], indent: String) -> [StyledLine] {
        guard !words.isEmpty else { return [] }
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, indent.count + line.count + 2 + word.count > width {
                lines.append(line + ",")
                line = word
            } else {
                line = line.isEmpty ? word : "\(line), \(word)"
            }
        }
        lines.append(line)
        let blank = String(repeating: " ", count: indent.count)
        return lines.enumerated().map { StyledLine(($0 == 0 ? indent : blank) + $1) }
    }
}
