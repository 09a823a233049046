import SystemPackage
import TestSupport

/// Every deliberate difference from the environment that upstream gives to hooks; there are no others.
///
/// The same table, in words, is in `docs/compatibility.md`.
struct EnvironmentDifferences {
    enum Place {
        case host
        case target
        case all

        func holds(_ phase: ProbePhase) -> Bool { self == .all || (self == .target) == phase.isInTarget }
    }

    let name: String
    let place: Place
    let reason: String
    /// Whether the pair of values is the difference meant, not merely any.
    let allows: @Sendable (_ upstream: String?, _ ours: String?) -> Bool

    static let table = [
        EnvironmentDifferences("INGOT", .host, "our elements call the program by it") { upstream, ours in
            upstream == nil && ours?.hasSuffix("/ingot") == true
        },
        EnvironmentDifferences("INGOT_DISK", .all, "our elements find the disk by it") { upstream, ours in
            upstream == nil && ours?.hasPrefix("image0 ") == true
        },
        EnvironmentDifferences("INGOT_DISK_BACKEND", .all, "how the disk is made") { upstream, ours in
            upstream == nil && ours == "loop"
        },
        EnvironmentDifferences("PATH", .target, "without the text '$PATH' that upstream leaves unexpanded") {
            upstream, ours in upstream == ours.map { "$PATH:" + $0 }
        },
        // Only where the host has no sudo; hence not among the names that have to occur.
        EnvironmentDifferences("PATH", .host, "a stand-in for sudo comes last, if the host has none") {
            upstream, ours in
            ours?.hasSuffix("/Resources/shims") == true && ours?.hasPrefix((upstream ?? "") + ":") == true
        },
        EnvironmentDifferences("SUDO_COMMAND", .target, "no sudo, no shell and no runner stand between") {
            upstream, ours in ours == "/usr/sbin/chroot @BUILD@/mnt" && upstream?.hasPrefix((ours ?? "") + " ") == true
        },
        EnvironmentDifferences("SHLVL", .all, "no shells stand between the caller and the hook") { upstream, ours in
            upstream == "3" && ours == "1"
        },
        EnvironmentDifferences("DIB_PYTHON_EXEC", .all, "the host's Python with our stand-in modules") {
            upstream, ours in
            upstream == "@PYTHON@" && ours == Checkout.resources.appending("shims/dib-python").string
        },
        EnvironmentDifferences("BASH_FUNC_die%%", .host, "the same function in our words", areFunctions),
        EnvironmentDifferences("BASH_FUNC__ps4%%", .host, "the same function in our words", areFunctions),
        EnvironmentDifferences("BASH_FUNC_get_image_element_array%%", .host, "the same function in our words") {
            upstream, ours in areFunctions(upstream, ours) && elementArray(upstream) == elementArray(ours)
        },
        EnvironmentDifferences("BASH_FUNC_get_image_element_array%%", .target, "sudo strips it; ours stays") {
            upstream, ours in
            upstream == nil && elementArray(ours) == "[probe]=@PROBE@/probe [probe-os]=@PROBE@/probe-os "
        },
        EnvironmentDifferences("functions", .target, "get_image_element_array, as above") { upstream, ours in
            upstream == "" && ours == "declare -fx get_image_element_array"
        },
    ]

    static var names: Set<String> { Set(table.map(\.name)) }

    init(
        _ name: String, _ place: Place, _ reason: String, _ allows: @escaping @Sendable (String?, String?) -> Bool
    ) {
        self.name = name
        self.place = place
        self.reason = reason
        self.allows = allows
    }

    @Sendable private static func areFunctions(_ upstream: String?, _ ours: String?) -> Bool {
        upstream?.hasPrefix("() {") == true && ours?.hasPrefix("() {") == true
    }

    /// What the function prints, out of its text.
    private static func elementArray(_ function: String?) -> String? {
        guard let function, let start = function.firstIndex(of: "[") else { return nil }
        return String(function[start...].prefix { $0 != "\"" && $0 != "'" })
    }

    /// The differences that no entry of the table explains, and the names of the entries that were needed.
    static func compare(
        _ phase: ProbePhase, expected: ProbeDump, actual: ProbeDump
    ) -> (unexplained: [String], used: Set<String>) {
        var pairs: [(String, String?, String?)] = [
            ("heading", expected.heading, actual.heading),
            ("functions", expected.functions.joined(separator: ", "), actual.functions.joined(separator: ", ")),
        ]
        for name in Set(expected.variables.keys).union(actual.variables.keys).sorted() {
            pairs.append((name, expected.variables[name], actual.variables[name]))
        }
        var unexplained: [String] = []
        var used: Set<String> = []
        for (name, upstream, ours) in pairs where upstream != ours {
            if let entry = table.first(where: { $0.name == name && $0.place.holds(phase) && $0.allows(upstream, ours) })
            {
                used.insert(entry.name)
            } else {
                unexplained.append("\(name): upstream \(upstream ?? "(unset)"), ours \(ours ?? "(unset)")")
            }
        }
        return (unexplained, used)
    }
}
