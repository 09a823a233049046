import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

private let readmeText = """
    ===
    web
    ===

    A web server that starts at boot. Its pages are
    given.

    Phases
    ------

    ``install.d/50-web``
        installs it

    Variables
    ---------

    ========= ====
    Name      Of
    ========= ====
    A         x
    ========= ====
    """

@Suite struct ElementProfileTests {
    @Test func aReadmeIsASequenceOfTitlesWithLines() {
        let readme = ElementReadme(parsing: readmeText)
        #expect(readme.sections.map(\.title) == ["web", "Phases", "Variables"])
        #expect(readme.introduction == ["A web server that starts at boot. Its pages are", "given."])
        #expect(readme[section: "Phases"]?.lines == ["``install.d/50-web``", "    installs it"])
        #expect(readme[section: "Variables"]?.lines.count == 5)
        #expect(readme.firstSentence == "A web server that starts at boot.")
    }

    @Test(arguments: [("", nil), ("Just text\nwithout a title", "Just text without a title."), ("TT\n==\n", nil)])
    func aReadmeMayBeAnything(text: String, sentence: String?) {
        #expect(ElementReadme(parsing: text).firstSentence == sentence)
    }

    @Test func aProfileGathersWhatIsInTheDirectory() async throws {
        try await withScratchDirectory { scratch in
            let root = try realPath(scratch)
            try write(
                [
                    "mine/web/README.rst": readmeText, "mine/web/element-deps": "base\n",
                    "mine/web/element-provides": "server\n",
                    "mine/web/element.yaml": "summary: Serves.\nvariables: {A: {summary: x}}\ninputs: []\n",
                    "mine/web/install.d/data.txt": "", "mine/web/test-elements/one/README.rst": "",
                    "own/base/README.rst": "Base. More.\n", "own/tested.yaml": "base: {boot: [a.swift]}\n",
                ], below: root)
            try write(
                ["mine/web/install.d/50-web": "", "mine/web/install.d/9-first": "", "mine/web/root.d/10-x": ""],
                below: root, executable: true)
            let library = try ElementLibrary(searchPath: "\(root)/mine:\(root)/own", builtin: root.appending("own"))
            let profiles = try library.profiles()
            #expect(profiles.map(\.name) == ["base", "web"])
            #expect(profiles[0].summary == "Base.")
            #expect(profiles[0].tested == ElementTesting(level: .boot, evidence: ["a.swift"]))
            #expect(profiles[0].inputs == nil)
            let web = profiles[1]
            #expect(web.summary == "Serves.")
            #expect(web.dependencies == ["base"])
            #expect(web.provides == ["server"])
            #expect(
                web.phases == [
                    .init(phase: .root, hooks: ["10-x"]), .init(phase: .install, hooks: ["9-first", "50-web"]),
                ])
            #expect(web.variables.map(\.name) == ["A"])
            #expect(web.inputs == [])
            #expect(web.tests == ["one"])
            #expect(web.tested == nil)
        }
    }

    @Test func aNameThatIsNoElementIsReportedWithTheNearestOne() async throws {
        try await withScratchDirectory { root in
            try write(["own/base/README.rst": ""], below: root)
            let library = try ElementLibrary(searchPath: "\(root)/own", builtin: root.appending("own"))
            let error = #expect(throws: ElementError.self) { try library.element("bsae") }
            #expect(error?.hint == "did you mean 'base'?")
        }
    }

    @Test(arguments: ["base: boot", "base: {often: [a]}", "base: {boot: []}", "base: {boot: [a], plan: [b]}"])
    func aClaimWithoutALevelAndTestsIsRefused(text: String) {
        #expect(throws: ElementError.self) { try ElementTesting.claims(parsing: text, named: "t") }
    }

    @Test func testsOfAnElementAreReadInUpstreamsLayout() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "web/README.rst": "", "web/test-elements/b/README.rst": "",
                    "web/test-elements/a/test-output-formats": "qcow2,raw\n",
                    "web/test-elements/a/element-type": "ramdisk\n", "web/test-elements/README": "",
                ], below: root)
            let cases = try ElementTestCase.load(Element(name: "web", path: root.appending("web")))
            #expect(cases.map(\.name.text) == ["a", "b"])
            #expect(cases.map(\.formats) == [["qcow2", "raw"], ["tar"]])
            #expect(cases.map(\.isRamdisk) == [true, false])
            #expect(try ElementTestCase.load(Element(name: "x", path: root.appending("x"))) == [])
        }
    }

    @Test func mentionsAreWholeNames() {
        let text = "x=$DIB_A y=${DIB_B:-1} MY_DIB_C DIB_ DIB_D_$name 'DIB_E'"
        #expect(ElementMentions.names(in: text) == ["DIB_A", "DIB_B", "DIB_", "DIB_D_", "DIB_E"])
    }
}
