import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

/// `dib-lint` over `element.yaml` and what it says of the other files.
@Suite struct DescriptionLintTests {
    private func findings(
        _ description: String, files: [String: String] = [:], ignored: Set<String> = [], inherited: Set<String> = []
    ) async throws -> [String] {
        try await withScratchDirectory { root in
            try write(["web/element.yaml": description], below: root)
            try write(Dictionary(uniqueKeysWithValues: files.map { ("web/" + $0, $1) }), below: root)
            let element = root.appending("web")
            let lint = try #require(try DescriptionLint(of: element, files: try ElementLint.files(of: element)))
            return lint.findings(ignoredRules: ignored, inherited: inherited).map(\.problem)
        }
    }

    @Test func whatAgreesHasNoFinding() async throws {
        let text = "summary: x\nphases: [install]\nvariables: {DIB_WEB: {summary: x}}\ninputs: []\n"
        let files = [
            "install.d/50-web": "echo $DIB_WEB $DIB_IMAGE_CACHE\n# DIB_COMMENT\n", "README.rst": "DIB_OTHER",
            "test-elements/a/environment.d/10-a": "export DIB_THEIRS=1",
        ]
        #expect(try await findings(text, files: files) == [])
    }

    @Test func unknownKeysAndPhasesWithoutDirectoriesAreNamed() async throws {
        let text = "summary: x\nphases: [install, cleanup]\nsecrets: []\n"
        #expect(
            try await findings(text, files: ["install.d/50-web": "", "root.d/10-web": ""]) == [
                "line 3: the key 'secrets' is unknown",
                "does not name the phase 'root', but there is root.d",
                "names the phase 'cleanup', but there is no cleanup.d",
            ])
        #expect(try await findings("summary: x\n", files: ["root.d/10-web": ""]) == [])
    }

    @Test func variablesThatTheCodeReadsHaveToBeDeclared() async throws {
        let files = ["install.d/50-web": "echo $DIB_WEB $DIB_OLD ${DIB_PREFIX_}x\n"]
        let problem = "does not declare the variable DIB_WEB, which the element reads"
        #expect(try await findings("summary: x\n", files: files, inherited: ["DIB_OLD"]) == [problem])
        #expect(try await findings("summary: x\n", files: files, ignored: ["variables"]) == [])
        #expect(try await findings("# dib-lint: disable=variables\nsummary: x\n", files: files) == [])
    }

    @Test func whatADependencyDeclaresIsInherited() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "a/web/element-deps": "server\nmissing\n", "a/nginx/element-provides": "server\n",
                    "a/nginx/element.yaml": "summary: x\nvariables: {DIB_N: {summary: x}}\n",
                    "a/nginx/element-deps": "web\nlib\n",
                    "b/lib/element.yaml": "summary: x\nvariables: {DIB_L: {summary: x}}\n",
                ], below: root)
            var declared = DeclaredVariables(searchPath: ["\(root)/a", "\(root)/b", "/not/there", "\(root)/a"])
            #expect(declared.inherited(by: root.appending("a/web")) == ["DIB_N", "DIB_L"])
            #expect(declared.inherited(by: root.appending("b/lib")) == [])
        }
    }

    @Test func anElementWithoutTheFileIsNotJudged() async throws {
        try await withScratchDirectory { root in
            try write(["web/README.rst": ""], below: root)
            let element = root.appending("web")
            #expect(try DescriptionLint(of: element, files: try ElementLint.files(of: element)) == nil)
        }
    }
}
