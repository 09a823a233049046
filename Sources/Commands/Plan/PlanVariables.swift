import Foundation
import ImagePlanning

/// The environment of a plan for people: grouped by where values come from, in one line each.
///
/// What the caller's shell happens to export is counted, not listed, unless elements or the engine look at it.
struct PlanVariables {
    let plan: PlanDescription
    let showsAll: Bool
    private static let longest = 88

    var lines: [StyledLine] {
        var rows: [StyledLine] = []
        for (origin, title) in Self.groups {
            let group = plan.environment.filter { $0.origin == origin && !$0.name.hasPrefix("BASH_FUNC_") }
            let shown = group.filter { origin != .caller || showsAll || isSetting($0.name) }
            if !shown.isEmpty {
                rows.append(StyledLine(title, .dim))
                rows += PlanText.table(shown.map { ($0.name, text(of: $0.value)) }).map { StyledLine("  ") + $0 }
            }
            if shown.count < group.count {
                rows.append(
                    StyledLine("and \(group.count - shown.count) more of the caller's, unchanged (-x lists them)", .dim)
                )
            }
        }
        let functions = plan.environment.filter { $0.name.hasPrefix("BASH_FUNC_") }
            .map { String($0.name.dropFirst("BASH_FUNC_".count).prefix { $0 != "%" }) }
        if !functions.isEmpty {
            rows += [
                StyledLine("bash functions, on the host", .dim), StyledLine("  " + functions.joined(separator: ", ")),
            ]
        }
        return settings + PlanText.section("Environment of hooks", rows) + scripts
    }

    /// What the elements declare: what somebody set, or all with its value and origin; the rest is counted.
    private var settings: [StyledLine] {
        let shown = plan.variables.filter { showsAll || $0.isGiven }
        let values = shown.map { $0.value.map(text) ?? ($0.origin == "unset" ? "" : "(by its script)") }
        let name = (shown.map(\.name.count).max() ?? 0) + 2
        let value = min(40, values.map(\.count).max() ?? 0) + 2
        var rows = zip(shown, values).map { setting, text in
            StyledLine(setting.name.padding(to: name) + text.padding(to: value))
                + StyledLine("\(setting.origin) (\(setting.elements.joined(separator: ", ")))", .dim)
        }
        if shown.count < plan.variables.count {
            let others = shown.isEmpty ? "all have" : "others have"
            rows.append(StyledLine("\(others) their defaults, or are unset (-x lists them)", .dim))
        }
        return PlanText.section("Variables of the elements", rows)
    }

    private static let groups: [(PlannedVariable.Origin, String)] = [
        (.option, "by options, or their defaults"), (.elements, "by the elements"),
        (.blockDevice, "by the disk"), (.workspace, "paths of the build"), (.engine, "by the program"),
        (.caller, "from the caller"),
    ]

    private var scripts: [StyledLine] {
        let rows = plan.environmentScripts.flatMap { script in
            let head = "\(script.fileName.padding(to: 34))\(script.element.padding(to: 24))"
            guard !script.exports.isEmpty else {
                return [StyledLine("\(script.fileName.padding(to: 34))\(script.element)")]
            }
            return PlanText.wrapped(script.exports, indent: head)
        }
        return PlanText.section("environment.d, sourced before the hooks of every phase; its exports win", rows)
    }

    /// Variables of the contract (compat-core section 2.1), those that elements export a default of, and proxies.
    private func isSetting(_ name: String) -> Bool {
        name.hasPrefix("DIB_") || Self.settings.contains(name) || name.lowercased().hasSuffix("_proxy")
            || plan.environmentScripts.contains { $0.exports.contains(name) }
    }

    private static let settings: Set<String> = [
        "ACI_MANIFEST", "ARCH", "BUSYBOX", "CLEAR_ENV", "ELEMENTS_PATH", "EXTRA_DETACH", "EXTRA_UNMOUNT", "FS_TYPE",
        "GENTOO_PROFILE", "IMAGE_BLOCK_DEVICE", "IMAGE_ELEMENT", "IMAGE_NAME", "IMAGE_TYPE", "MAX_ONLINE_RESIZE",
        "OVERWRITE_OLD_IMAGE", "QEMU_IMG_OPTIONS", "RAMDISK_ELEMENT", "ROOT_LABEL", "RUN_PARTS_REGEX", "SKIP_BASE",
        "TMPDIR", "TMP_DIR", "break", "break_cmd", "break_outside_target",
    ]

    /// One line: of a text of several, the first and how many there are.
    private func text(of value: String) -> String {
        let lines = value.split(separator: "\n", omittingEmptySubsequences: false)
        let first = String(lines.first ?? "").replacing(/\ +$/, with: "")
        guard !showsAll else { return value.replacing("\n", with: "\\n") }
        let count = lines.filter { !$0.isEmpty }.count
        let shortened = first.count <= Self.longest ? first : first.prefix(Self.longest - 1) + "…"
        return count > 1 ? "\(shortened) … (\(count) lines)" : shortened.isEmpty ? "(empty)" : shortened
    }
}
