import Elements
import SystemPackage
import TestSupport
import Testing

/// Each rule of `dib-lint`: what breaks it, and what does not.
@Suite struct ElementLintTests {
    private static let good = """
        #!/bin/bash
        if [ ${DIB_DEBUG_TRACE:-0} -gt 0 ]; then
            set -x
        fi
        set -eu
        set -o pipefail

        """

    private func problems(
        _ path: FilePath, _ text: String, isExecutable: Bool = false, ignoring: Set<String> = []
    ) -> [String] {
        let file = LintedFile(path: path, text: text, isExecutable: isExecutable)
        return ElementLint(ignoredRules: ignoring).findings(in: file).map(\.problem)
    }

    @Test func aScriptThatFollowsAllRulesHasNoFinding() {
        #expect(problems("e/install.d/10-a", Self.good, isExecutable: true) == [])
    }

    @Test(
        "what a script lacks is said",
        arguments: [
            ("set -eu", "set -e", "does not 'set -u'"), ("set -eu", "set -u", "does not 'set -e'"),
            ("set -o pipefail", "true", "does not 'set -o pipefail'"),
            ("DIB_DEBUG_TRACE", "OTHER", "does not look at DIB_DEBUG_TRACE"),
            ("#!/bin/bash", "#!/usr/bin/env bash", "says 'bash' in another way than '#!/bin/bash'"),
            ("    set -x", "  set -x", "line 3 is not indented by a multiple of 4"),
            ("    set -x", "\tset -x", "is indented with tabs"),
            ("pipefail\n", "pipefail", "does not end with a newline"),
        ])
    func lacking(part: String, replacement: String, problem: String) {
        let text = Self.good.replacing(part, with: replacement)
        #expect(problems("e/install.d/10-a", text, isExecutable: true) == [problem])
    }

    @Test(
        "what a line does is said",
        arguments: [
            ("root.d", "sudo rm -rf /x", "line 7: 'sudo' may touch the host: sudo rm -rf /x"),
            ("install.d", "sudo rm -rf /x", nil), ("root.d", "# sudo rm", nil),
            ("root.d", "sudo rm \\\n    $TMP_MOUNT_PATH/x", nil),
            ("cleanup.d", "sudo true  # dib-lint: safe_sudo", nil),
            ("install.d", "which ls", "line 7: 'which' is not everywhere; use 'command -v' or 'type -p'"),
            ("install.d", "# which is it", nil), ("install.d", "which ls  # dib-lint: which", nil),
            (
                "install.d", "export A=$(true)",
                "line 7: 'export' hides the status of the command; assign first, then export"
            ), ("install.d", "A=$(true); export A", nil),
        ] as [(String, String, String?)])
    func doing(phase: String, line: String, problem: String?) {
        let found = problems(FilePath("e/\(phase)/10-a"), Self.good + line + "\n", isExecutable: true)
        #expect(found == (problem.map { [$0] } ?? []))
    }

    @Test(
        "files are judged by their names and places",
        arguments: [
            ("e/install.d/10-a", "#!/bin/sh\n", false, "begins with '#!' but is not executable"),
            ("e/environment.d/10-a", "set -x\n", false, "is sourced: it must not 'set -x'"),
            ("e/environment.d/10-a", "export A=1\n", true, "is sourced: it must not be executable"),
            ("e/element-deps", "b\na\n", false, "is not sorted"), ("e/element-deps", "# z\na\n\nb\n", false, nil),
            ("e/source-repository-x", "a git /opt/a url", false, "does not end with a newline"),
            ("e/README.md", "hello\n", false, "is Markdown: documents of elements are .rst"),
            ("e/README.rst", "a\n\tb\n", false, "is indented with tabs"),
            (
                "e/package-installs.yaml", "a:\n  - b\n c\n", false,
                "is not valid YAML: line 3: did not find expected key"
            ),
            ("e/pkg-map", "{\"default\": 1}", false, "is not usable: cannot parse 'it': unexpected value at 'default'"),
            ("e/pkg-map", "{\"default\": {\"a\": \"b\"}}", false, nil),
        ] as [(FilePath, String, Bool, String?)])
    func places(path: FilePath, text: String, isExecutable: Bool, problem: String?) {
        #expect(problems(path, text, isExecutable: isExecutable) == (problem.map { [$0] } ?? []))
    }

    @Test func rulesAreSwitchedOffByTheirNames() {
        let text = "#!/bin/bash\n# dib-lint: disable=sete setpipefail\nset -u\n"
        #expect(
            problems("e/bin/a", text, isExecutable: true, ignoring: ["dibdebugtrace"]) == [])
        #expect(problems("e/bin/a", text, isExecutable: true) == ["does not look at DIB_DEBUG_TRACE"])
    }

    @Test func toxNamesTheRulesThatAreOffForAll() {
        let text = "[tox]\nignore = which\n[dib-lint]\nother = 1\nignore = sete setu\n[flake8]\nignore = E1\n"
        #expect(ElementLint.ignoredRules(toxConfiguration: text) == ["sete", "setu"])
    }
}
