import Elements
import SystemPackage
import Testing

private func file(_ name: String, executable: Bool = false) -> DirectoryEntry {
    DirectoryEntry(name: name, kind: .file, isExecutable: executable)
}

private func hook(_ name: String) -> DirectoryEntry { file(name, executable: true) }
private func folder(_ name: String) -> DirectoryEntry {
    DirectoryEntry(name: name, kind: .directory, isExecutable: true)
}

private func link(_ name: String, to target: FilePath, _ kind: DirectoryEntry.Kind = .linkToFile) -> DirectoryEntry {
    DirectoryEntry(name: name, kind: kind, isExecutable: kind != .danglingLink, linkTarget: target)
}

private func listing(
    _ name: ElementName, _ directories: KeyValuePairs<String, [DirectoryEntry]> = [:], files: [DirectoryEntry] = []
) -> ElementListing {
    ElementListing(
        element: name, path: FilePath("/e").appending(name.text),
        directories: directories.map { .init(name: $0, entries: $1) }, files: files)
}

private struct ClashCase: Sendable, CustomTestStringConvertible {
    let id: String
    let first: DirectoryEntry
    let second: DirectoryEntry
    let clashes: Bool
    var testDescription: String { id }
}

private let clashCases: [ClashCase] = [
    .init(id: "two files", first: file("x"), second: file("x"), clashes: true),
    .init(id: "two directories merge", first: folder("x"), second: folder("x"), clashes: false),
    .init(id: "file and directory", first: file("x"), second: folder("x"), clashes: true),
    .init(id: "directory and file", first: folder("x"), second: file("x"), clashes: true),
    .init(id: "link and file", first: link("x", to: "y"), second: file("x"), clashes: true),
    .init(id: "dangling links", first: link("x", to: "y", .danglingLink), second: link("x", to: "z"), clashes: true),
    .init(
        id: "directory and link to one", first: folder("x"), second: link("x", to: "y", .linkToDirectory), clashes: true
    ),
]

@Suite struct StagingPlanTests {
    @Test func elementsAreMergedDirectoryByDirectory() throws {
        let plan = try StagingPlan([
            listing(
                "a",
                [
                    "bin": [file("tool")], "environment.d": [file("10-a.bash")],
                    "install.d": [hook("10-a"), folder("a-source-install"), file(".hidden"), file("data.txt")],
                    "empty.d": [], "tests": [file("t")], "__pycache__": [file("c")], "test-elements": [folder("b")],
                    ".extra": [file("kept")],
                ], files: [file("README.rst"), file("x.pyc"), file(".dotfile")]),
            listing("b", ["install.d": [hook("20-b")]], files: [file("README.rst")]),
        ])
        #expect(plan.directories == ["bin", "environment.d", "install.d", "empty.d", ".extra"])
        #expect(
            plan.copies.map { "\($0.source) -> \($0.destination)" } == [
                "/e/a/bin/tool -> bin/tool",
                "/e/a/environment.d/10-a.bash -> environment.d/10-a.bash",
                "/e/a/install.d/10-a -> install.d/10-a",
                "/e/a/install.d/a-source-install -> install.d/a-source-install",
                "/e/a/install.d/data.txt -> install.d/data.txt",
                "/e/a/.extra/kept -> .extra/kept",
                "/e/a/README.rst -> README.rst",
                "/e/a/.dotfile -> .dotfile",
                "/e/b/install.d/20-b -> install.d/20-b",
                "/e/b/README.rst -> README.rst",
            ])
        #expect(plan.origins.element(at: "README.rst") == "b")
        #expect(plan.origins.element(at: "install.d/10-a") == "a")
    }

    @Test(arguments: clashCases) fileprivate func twoElementsMayOnlyShareADirectory(_ expected: ClashCase) {
        let listings = [listing("a", ["static": [expected.first]]), listing("b", ["static": [expected.second]])]
        let message: String?
        do throws(ElementError) {
            _ = try StagingPlan(listings)
            message = nil
        } catch {
            message = error.description
        }
        let clash = "There is a duplicated hook in your elements: /static/x (in 'a' and 'b')"
        #expect(message == (expected.clashes ? clash : nil))
    }

    @Test func aTopLevelFileAndADirectoryOfTheSameNameClash() {
        let listings = [listing("a", ["modprobe.d": []]), listing("b", files: [file("modprobe.d")])]
        #expect(throws: ElementError.duplicatedHook(place: "modprobe.d", elements: ["a", "b"])) {
            try StagingPlan(listings)
        }
        #expect(throws: ElementError.duplicatedHook(place: "modprobe.d", elements: ["b", "a"])) {
            try StagingPlan(listings.reversed())
        }
    }

    @Test func plannedHooksAreOrderedByPhaseAndNumber() throws {
        let plan = try StagingPlan([
            listing(
                "a", ["install.d": [hook("100-c"), hook("9-a"), hook("note.txt"), file("10-data"), folder("50-x")]]),
            listing("b", ["root.d": [hook("10-root")], "install.d": [hook("10-a")], "bin": [hook("tool")]]),
        ])
        let hooks = plan.hooks()
        #expect(
            hooks.all.map { "\($0.phase.rawValue)/\($0.fileName) \($0.element) \($0.path)" } == [
                "root/10-root b /e/b/root.d/10-root",
                "install/9-a a /e/a/install.d/9-a",
                "install/10-a b /e/b/install.d/10-a",
                "install/100-c a /e/a/install.d/100-c",
            ])
        #expect(hooks.count == 4)
        #expect(hooks[.cleanup].isEmpty)
    }

    @Test func linkedHooksAreJudgedByWhatTheyReachOnceStaged() throws {
        let plan = try StagingPlan([
            listing(
                "a",
                [
                    "install.d": [
                        link("10-own", to: "../bin/tool"), link("20-unstaged", to: "../tests/tool"),
                        link("30-others", to: "../bin/other", .danglingLink),
                        link("40-nothing", to: "x", .danglingLink),
                        link("50-outside", to: "../../z/tool"), link("60-absolute", to: "/bin/true"),
                        link("70-deep", to: "sub/inner"), folder("sub"),
                        link("80-round", to: "80-round", .danglingLink),
                    ], "bin": [hook("tool")],
                ]),
            listing("b", ["bin": [hook("other")]]),
        ])
        #expect(plan.hooks()[.install].map(\.fileName) == ["10-own", "30-others", "60-absolute", "70-deep"])
    }
}
