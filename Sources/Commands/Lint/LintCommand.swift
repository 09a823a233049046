package import ArgumentParser
import Basics
import Elements
import Foundation
import ImageAssembly
import LinuxOS
import SystemPackage

/// `dib-lint`: upstream's style checker of elements (compat-core section 11), its Python parts done without Python.
package struct LintCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dib-lint",
        abstract: "Check the style of elements.",
        discussion: """
            Without arguments it checks the elements in ELEMENTS_DIR, else in diskimage_builder/elements or elements.
            A rule is switched off for a file by a line '# dib-lint: disable=RULE ...' in it, for all files by
            'ignore = RULE ...' under [dib-lint] in tox.ini. Rules with names: executable, indent, sete, setu, \
            setpipefail, dibdebugtrace, safe_sudo, which, tabindent, newline, mddocs; of element.yaml: description, \
            phases, variables. Files that git ignores are left out.

            Elements with an element.yaml are checked by shellcheck, too, where it is installed.

            Examples:
              dib-lint                                   all elements of a checkout
              dib-lint --shellcheck my-elements/web      one element, its scripts by shellcheck in any case
            """)

    @Flag(
        inversion: .prefixedNo,
        help: "Run shellcheck over bash scripts and files of environment.d of all elements, or of none.")
    package var shellcheck: Bool?

    @Argument(help: "Directories of elements to check.")
    package var elements: [String] = []

    package init() {}

    package func run() async throws {
        let outcome = await outcome(environment: .ofThisProcess, runner: SubprocessRunner())
        try outcome.report()
    }

    /// What is wrong, a line each, and the verdict; status 1 if anything is.
    func outcome(environment: Environment, runner: any CommandRunner) async -> ToolOutcome {
        do {
            let directories = try elements.isEmpty ? Self.allElements(environment) : elements.map { FilePath($0) }
            let lint = ElementLint(ignoredRules: try ElementLint.ignoredRules(in: "tox.ini"))
            var problems: [String] = []
            var declared: [FilePath: DeclaredVariables] = [:]
            for directory in directories {
                let parent = directory.removingLastComponent()
                var known = declared[parent] ?? DeclaredVariables(searchPath: Self.searchPath(parent, environment))
                problems += try await self.problems(of: directory, lint, runner, &known)
                declared[parent] = known
            }
            let output = problems.map { "ERROR: \($0)\n" }.joined()
            let verdict = problems.isEmpty ? "PASS\n" : "*** FAIL: Some tests failed!\n"
            return ToolOutcome(output: output + verdict, status: problems.isEmpty ? 0 : 1)
        } catch {
            return ToolOutcome(diagnostics: "error: \(error)\n", status: 1)
        }
    }

    private static func allElements(_ environment: Environment) throws -> [FilePath] {
        let upstream = "diskimage_builder/elements"
        let fallback = FileManager.default.fileExists(atPath: upstream) ? upstream : "elements"
        return try ElementLint.elements(in: FilePath(environment.nonEmpty("ELEMENTS_DIR") ?? fallback))
    }

    private func problems(
        of element: FilePath, _ lint: ElementLint, _ runner: any CommandRunner, _ declared: inout DeclaredVariables
    ) async throws -> [String] {
        let all = try ElementLint.files(of: element)
        let ignored = await Self.ignoredByGit(all.map(\.path), runner)
        let files = all.filter { !ignored.contains($0.path.string) }
        var problems = files.flatMap { lint.findings(in: $0) }.map(\.description)
        if !FileManager.default.fileExists(atPath: element.appending("README.rst").string) {
            problems.insert("\(element) has no README.rst", at: 0)
        }
        let description = try DescriptionLint(of: element, files: files)
        if let description {
            let inherited = declared.inherited(by: element)
            problems += description.findings(ignoredRules: lint.ignoredRules, inherited: inherited).map(\.description)
        }
        for file in files where file.isPython {
            problems += await Self.words(of: "flake8", [file.path.string], runner)
        }
        if shellcheck ?? (description != nil) { problems += await Self.shellcheckFindings(in: files, runner) }
        return problems
    }

    /// Where the dependencies of elements in a directory are looked for.
    private static func searchPath(_ parent: FilePath, _ environment: Environment) -> [String] {
        let own = environment["ELEMENTS_PATH"]?.split(separator: ":").map(String.init) ?? []
        return [parent.string.isEmpty ? "." : parent.string] + own
            + [ResourceLocator(share: environment["INGOT_SHARE"])?.elements.string].compactMap(\.self)
    }

    /// The paths among these that git does not track on purpose; none where there is no git, or no repository.
    private static func ignoredByGit(_ paths: [FilePath], _ runner: any CommandRunner) async -> Set<String> {
        let command = Command(
            "git", ["check-ignore", "--stdin"], standardInput: .text(paths.map { "\($0)\n" }.joined()))
        guard let captured = try? await runner.capture(command, limit: 1 << 20, onErrorLine: { _ in }) else {
            return []
        }
        return Set(captured.text.split(separator: "\n").map(String.init))
    }

    /// What a checker says; nothing if it is content, or not installed.
    private static func words(
        of tool: String, _ arguments: [String], _ runner: any CommandRunner
    ) async -> [String] {
        let command = Command(tool, arguments)
        guard let captured = try? await runner.capture(command, limit: 1 << 20, onErrorLine: { _ in }) else {
            return []
        }
        return captured.outcome.status.isSuccess ? [] : captured.text.split(separator: "\n").map(String.init)
    }

    private static func shellcheckFindings(
        in files: [LintedFile], _ runner: any CommandRunner
    ) async -> [String] {
        let scripts = files.filter { file in
            file.isBash || file.path.components.contains { $0.string == "environment.d" }
        }
        guard !scripts.isEmpty else { return [] }
        // Sourced at run time, or variables of the build: what shellcheck cannot know of.
        let options = ["--format=gcc", "--severity=warning", "--shell=bash", "--exclude=SC1090,SC1091,SC2148,SC2154"]
        return await words(of: "shellcheck", options + ["--"] + scripts.map(\.path.string), runner)
    }
}
