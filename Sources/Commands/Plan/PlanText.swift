import Basics
import BlockDevices
import Foundation
import ImagePlanning

extension PlanDescription {
    /// The plan for people: one heading per topic, one line per fact.
    var text: String {
        var lines: [String] = []
        lines += section("Elements", elements.map { "\($0.name.padding(to: 26))\($0.reasons.joined(separator: "; "))" })
        for phase in phases where !phase.hooks.isEmpty {
            lines += section(
                "Phase \(phase.phase) (\(phase.place))",
                phase.hooks.map { "\($0.name.padding(to: 34))\($0.element)" })
        }
        lines += section(
            "Environment of hooks",
            environment.map { "\($0.name)=\(PlanText.shortened($0.value))  [\($0.origin.rawValue)]" })
        lines += section(
            "environment.d, sourced in this order before every phase",
            environmentScripts.map {
                "\($0.fileName.padding(to: 34))\($0.element)  sets \($0.exports.joined(separator: ", "))"
            })
        lines += section(
            "Block device, from \(blockDeviceOrigin)",
            blockDevice.map { "\($0.name.padding(to: 26))\($0.kind) \($0.detail)" })
        lines += section("Steps, in \(onTmpfs ? "tmpfs on " : "")\(buildDirectory)", steps)
        lines += section("Outputs", outputs.map(\.path))
        lines += section("Host", hostChecks.map(PlanText.line))
        lines += warnings
        return lines.joined(separator: "\n") + "\n"
    }

    /// The plan for programs: sorted keys, no escaped slashes.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    private func section(_ title: String, _ rows: [String]) -> [String] {
        rows.isEmpty ? [] : [title] + rows.map { "  " + $0 } + [""]
    }
}

/// Small texts of a plan.
enum PlanText {
    /// One line of at most 100 characters: plans are read, not parsed; programs take the JSON.
    static func shortened(_ value: String) -> String {
        let line = value.replacing("\n", with: "⏎")
        return line.count <= 100 ? line : line.prefix(99) + "…"
    }

    static func line(of check: HostCheck) -> String {
        let mark =
            switch check.status {
            case .ok: "ok"
            case .warning: "warning"
            case .missing: "MISSING"
            }
        let remedy = check.status == .ok ? "" : check.remedy.map { " -> \($0)" } ?? ""
        return "\(mark.padding(to: 9))\(check.title): \(check.detail)\(remedy)"
    }

    static func detail(of node: BlockDeviceNode) -> String {
        switch node {
        case .localLoop(let loop):
            "\(loop.size.map(\.description) ?? "size of the build"), \(loop.sectorSize)-byte sectors"
        case .partition(let partition):
            "on \(partition.base), type \(partition.type)\(partition.isBootable ? ", bootable" : ""), \(partition.size)"
        case .filesystem(let filesystem):
            "\(filesystem.type) on \(filesystem.base), label '\(filesystem.label)'"
        case .mountPoint(let mount): "\(mount.mountPoint) from \(mount.base)"
        case .fstab(let entry): "\(entry.options) \(entry.dumpFrequency) \(entry.fsckPass)"
        case .physicalVolume, .volumeGroup, .logicalVolume, .logicalVolumes: ""
        }
    }
}
