import Basics
import Elements
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// `ingot element list|show|new|docs`, as functions of arguments and an environment.
@Suite struct ElementCommandTests {
    private func withElements(_ body: (FilePath, Environment) throws -> Void) async throws {
        try await withScratchDirectory { root in
            let files = [
                "share/Resources/lib/dib-run-parts": "", "share/elements/base/README.rst": "Base of all. More.\n",
                "share/elements/tested.yaml": "base: {double: [T.swift]}\n",
                "share/elements/base/element.yaml": """
                summary: Base of all.
                variables:
                  DIB_BASE_KEY: {summary: A key., secret: true, allowed: [a, b], default: a, required: true}
                inputs:
                  - packages: apt
                """,
                "mine/web/README.rst": "===\nweb\n===\n\nServes ``pages``.\n\nExamples\n--------\n\n::\n\n    run it\n",
                "mine/web/element-deps": "base\n",
            ]
            for (name, text) in files { try write(text, to: root.appending(name)) }
            try body(
                root, Environment(["INGOT_SHARE": "\(root)/share", "ELEMENTS_PATH": "\(root)/mine"]))
        }
    }

    private func write(_ text: String, to path: FilePath) throws {
        try FileManager.default.createDirectory(
            atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path.string))
    }

    @Test func theListHasElementsOfThePathAndOurOwn() async throws {
        try await withElements { _, environment in
            let outcome = ElementListCommand.outcome(arguments: [], environment: environment)
            #expect(
                outcome.output == """
                    NAME  TESTED  PROVIDES  SUMMARY
                    base  double  -         Base of all.
                    web   -       -         Serves ``pages``.

                    """)
            let json = ElementListCommand.outcome(arguments: ["--json"], environment: environment)
            let profiles = try JSONDecoder().decode([ElementProfile].self, from: Data(json.output.utf8))
            #expect(profiles.map(\.name) == ["base", "web"])
            #expect(profiles.first?.variables.first?.isSecret == true)
        }
    }

    @Test func anElementIsShownWithAllThatIsKnown() async throws {
        try await withElements { root, environment in
            let outcome = ElementShowCommand.outcome(arguments: ["base"], environment: environment)
            let place = FilePath(URL(filePath: root.string).resolvingSymlinksInPath().path)
            #expect(
                outcome.output == """
                    base: Base of all.

                    Base of all. More.

                    directory      \(place)/share/elements/base
                    tested         double (T.swift)

                    Variables
                      DIB_BASE_KEY (string; required; secret; default 'a'; one of a, b)
                          A key.

                    Inputs
                      packages: apt

                    """)
            let byPath = ElementShowCommand.outcome(arguments: ["\(root)/mine/web/"], environment: environment)
            #expect(byPath.output.hasPrefix("web: Serves ``pages``.\n"))
            #expect(byPath.output.contains("needs          base\n"))
            let typo = ElementShowCommand.outcome(arguments: ["bsae"], environment: environment)
            #expect(
                typo
                    == ToolOutcome(
                        diagnostics: "error: Element 'bsae' not found\nhint: did you mean 'base'?\n", status: 1))
        }
    }

    @Test func documentsAreWrittenOnceAndThenUpToDate() async throws {
        try await withElements { root, environment in
            let docs = root.appending("docs").string
            func run(_ arguments: String...) -> ToolOutcome {
                ElementDocsCommand.outcome(arguments: arguments + [docs], environment: environment)
            }
            #expect(run("--check").status == 1)
            #expect(run().output == "2 documents, 2 of them new or changed\n")
            #expect(run("--check").output == "2 documents are up to date\n")
            try write("old", to: FilePath(docs).appending("elements/gone.md"))
            #expect(run("--check").diagnostics.contains("out of date: elements/gone.md"))
            #expect(run("--all").output == "3 documents, 3 of them new or changed\n")
            let text = try String(contentsOfFile: docs + "/elements/web.md", encoding: .utf8)
            #expect(text.hasPrefix("# web\n\nServes `pages`.\n\n| | |\n|---|---|\n| Needs | [base](base.md) |\n"))
            #expect(text.contains("## Examples\n\n```\nrun it\n```\n"))
            let table = try String(contentsOfFile: docs + "/elements.md", encoding: .utf8)
            #expect(table.contains("| [base](elements/base.md) | Base of all. | double | `T.swift` |"))
            #expect(!FileManager.default.fileExists(atPath: docs + "/elements/gone.md"))
        }
    }

    @Test func aNewElementIsMadeWholeOrNotAtAll() async throws {
        try await withElements { root, environment in
            let outcome = ElementNewCommand.outcome(arguments: ["my-tool"], environment: environment)
            #expect(outcome.status == 0, "\(outcome)")
            let path = root.appending("mine/my-tool")
            let again = ElementNewCommand.outcome(arguments: ["my-tool"], environment: environment)
            #expect(again.diagnostics.hasPrefix("error: '\(path)' exists\n"))
            let bad = ElementNewCommand.outcome(arguments: ["My Tool"], environment: environment)
            #expect(bad.diagnostics.hasPrefix("error: 'My Tool' is no good name for an element\n"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(root)/mine").sorted() == ["my-tool", "web"])
            let description = try ElementDescription.load(of: path)
            #expect(description?.variables.map(\.name) == ["DIB_MY_TOOL_GREETING"])
            let files = try ElementLint.files(of: path)
            #expect(files.flatMap { ElementLint().findings(in: $0) } == [])
            let lint = try #require(try DescriptionLint(of: path, files: files))
            #expect(lint.findings(ignoredRules: [], inherited: []) == [])
        }
    }

    @Test(
        "reStructuredText is written as Markdown",
        arguments: [
            ("A ``b`` c", "A `b` c"), ("``A``\n    first\n    second", "- `A`: first second"),
            ("``A``\n    x\n``B``\n    y\n\nText", "- `A`: x\n- `B`: y\n\nText"),
            ("See::\n\n    code\n      more\n\nText", "See:\n\n```\ncode\n  more\n```\n\nText"),
            ("== ==\nA  B\n== ==\n1  2\n== ==", "| A | B |\n|---|---|\n| 1 | 2 |"),
            ("* one\n* two\n  more", "* one\n* two\n  more"),
        ])
    func markdown(restructured: String, markdown: String) {
        let lines = restructured.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(MarkdownText(restructured: lines).text == markdown)
    }
}
