import Foundation
import SystemPackage

/// One rule of `dib-lint` for single files (compat-core section 11).
///
/// A rule with a name can be switched off by it: in a file with `# dib-lint: disable=NAME`, for all files with
/// `ignore = NAME` under `[dib-lint]` in `tox.ini`.
struct LintRule: Sendable {
    let name: String?
    /// What is wrong, one text each; the file's path comes before it.
    let problems: @Sendable (LintedFile) -> [String]

    init(_ name: String? = nil, problems: @escaping @Sendable (LintedFile) -> [String]) {
        self.name = name
        self.problems = problems
    }

    /// A rule that either holds or does not.
    init(_ name: String? = nil, saying problem: String, isBroken: @escaping @Sendable (LintedFile) -> Bool) {
        self.init(name, problems: { isBroken($0) ? [problem] : [] })
    }

    static let all: [LintRule] = programs + places + texts + data

    /// Rules of scripts.
    private static let programs: [LintRule] = [
        LintRule("executable", saying: "begins with '#!' but is not executable") { file in
            file.isProgramOrData && file.interpreter != nil && !file.isExecutable
        },
        LintRule("indent") { file in
            guard file.isProgramOrData, file.interpreter != nil, !file.isPython else { return [] }
            return file.lines.enumerated().filter { !isIndentedByFours($0.element) }
                .map { "line \($0.offset + 1) is not indented by a multiple of 4" }
        },
        LintRule(saying: "says 'bash' in another way than '#!/bin/bash'") { file in
            file.isProgramOrData && file.isBash && file.interpreter != "/bin/bash"
        },
        script("sete", "does not 'set -e'") { $0.lines.contains { hasSet($0, "e") } },
        script("setu", "does not 'set -u'") { $0.lines.contains { hasSet($0, "u") } },
        script("setpipefail", "does not 'set -o pipefail'") { $0.lines.contains { $0.hasPrefix("set -o pipefail") } },
        script("dibdebugtrace", "does not look at DIB_DEBUG_TRACE") { $0.text.contains("DIB_DEBUG_TRACE") },
    ]

    /// Rules of certain directories and file names.
    private static let places: [LintRule] = [
        LintRule(saying: "is sourced: it must not 'set -x'") { isEnvironment($0) && $0.text.contains("set -x") },
        LintRule(saying: "is sourced: it must not be executable") { isEnvironment($0) && $0.isExecutable },
        LintRule(saying: "is not sorted") { file in
            guard file.name == "element-deps" else { return false }
            let words = file.lines.filter { !$0.isEmpty && !$0.hasPrefix("#") }.map(String.init)
            return words != words.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        },
        LintRule("safe_sudo") { file in
            guard file.isProgramOrData, isHostHook(file), file.text.contains("sudo ") else { return [] }
            return file.logicalLines.filter { $0.text.contains("sudo ") && !isSafeSudo($0.text) }
                .map { "line \($0.number): 'sudo' may touch the host: \($0.text)" }
        },
    ]

    /// Rules of all texts.
    private static let texts: [LintRule] = [
        LintRule { file in
            guard file.isProgramOrData, file.text.contains("export ") else { return [] }
            return file.logicalLines.filter { hidesStatus($0.text) }
                .map { "line \($0.number): 'export' hides the status of the command; assign first, then export" }
        },
        LintRule("which") { file in
            guard file.isProgramOrData, file.text.contains("which ") else { return [] }
            return file.logicalLines.filter { usesWhich($0.text) }
                .map { "line \($0.number): 'which' is not everywhere; use 'command -v' or 'type -p'" }
        },
        LintRule("tabindent", saying: "is indented with tabs") { file in
            hasTextRules(file) && file.text.contains("\t")
                && file.lines.contains { $0.drop { $0 == " " }.first == "\t" }
        },
        LintRule("newline", saying: "does not end with a newline") { file in
            (hasTextRules(file) || file.name.hasPrefix("source-repository-"))
                && !file.text.isEmpty && !file.text.hasSuffix("\n")
        },
        LintRule("mddocs", saying: "is Markdown: documents of elements are .rst") { $0.name.hasSuffix(".md") },
    ]

    /// Rules of files with a grammar.
    private static let data: [LintRule] = [
        LintRule { file in
            guard file.name.hasSuffix(".yaml"), let problem = YAMLDocument.problem(in: file.text) else { return [] }
            return ["is not valid YAML: \(problem)"]
        },
        LintRule { file in
            guard file.name == "pkg-map", !file.isExecutable else { return [] }
            do { _ = try PackageMap(parsing: file.text, named: "it") } catch { return ["is not usable: \(error)"] }
            return []
        },
    ]

    /// A rule that a line of every bash script must meet.
    private static func script(
        _ name: String, _ problem: String, isMet: @escaping @Sendable (LintedFile) -> Bool
    ) -> LintRule {
        LintRule(name, saying: problem) { $0.isProgramOrData && $0.isBash && !isMet($0) }
    }
}

// MARK: - What the rules look for

extension LintRule {
    private static func isIndentedByFours(_ line: Substring) -> Bool {
        let blanks = line.utf8.prefix { $0 == UInt8(ascii: " ") }.count
        return blanks % 4 == 0 || blanks == line.utf8.count
    }

    private static func usesWhich(_ line: String) -> Bool {
        line.contains("which ") && !isComment(line) && !line.contains("dib-lint: which")
    }

    /// `export NAME=$(command)` succeeds whatever the command does.
    private static func hidesStatus(_ line: String) -> Bool {
        guard !isComment(line), let export = line.range(of: "export ") else { return false }
        return line[export.upperBound...].contains("$(")
    }

    /// `set -eux` and the like, the letter among the first bundle.
    private static func hasSet(_ line: Substring, _ letter: Character) -> Bool {
        line.hasPrefix("set -") && line.dropFirst(5).prefix { $0 != " " }.contains(letter)
            && !line.hasPrefix("set -o")
    }

    private static func isComment(_ line: String) -> Bool { line.hasPrefix("#") }

    private static func isEnvironment(_ file: LintedFile) -> Bool {
        file.isProgramOrData && file.path.components.contains { $0.string == "environment.d" }
    }

    /// Phases that run on the host.
    private static func isHostHook(_ file: LintedFile) -> Bool {
        let phases = ["root.d", "extra-data.d", "block-device.d", "finalise.d", "cleanup.d"]
        return phases.contains(file.path.removingLastComponent().lastComponent?.string ?? "")
    }

    /// The line works on the image, or says that its author has thought of it.
    private static func isSafeSudo(_ line: String) -> Bool {
        let marks = [
            "dib-lint: safe_sudo", "install-packages", "TARGET_ROOT", "IMAGE_BLOCK_DEVICE", "TMP_MOUNT_PATH",
            "TMP_IMAGE_PATH",
        ]
        return isComment(line) || marks.contains { line.contains($0) }
    }

    private static func hasTextRules(_ file: LintedFile) -> Bool { file.isExecutable || file.name.hasSuffix(".rst") }
}
