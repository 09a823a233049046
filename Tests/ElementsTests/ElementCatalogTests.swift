import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

@Suite struct ElementCatalogTests {
    @Test func elementListsAreTrimmedLinesWithoutComments() {
        let text = "  a \n\n b c\r\n# d\na\n\t\n"
        #expect(Element.names(inList: text) == ["a", "b c", "# d"])
    }

    @Test func elementsAreReadFromDirectoriesOfThePath() async throws {
        try await withScratchDirectory { root in
            let root = try realPath(root)
            try write(
                [
                    "one/a/element-deps": "b\n", "one/a/element-provides": "operating-system\n",
                    "one/a/root.d/10-x": "",
                    "one/.hidden/README": "", "one/plain-file": "", "two/b/README": "", "two/a/element-deps": "c\n",
                ], below: root)
            let catalog = try ElementCatalog.load(searchPath: "\(root)/one:\(root)/two")
            #expect(catalog.names == [".hidden", "a", "b"])
            #expect(
                catalog["a"]
                    == Element(
                        name: "a", path: root.appending("one/a"), dependencies: ["b"], provides: ["operating-system"]))
            #expect(catalog["b"] == Element(name: "b", path: root.appending("two/b")))
            #expect(catalog.overrides.map(\.description) == ["Element <\(root)/one/a> overrides <\(root)/two/a>"])
        }
    }

    @Test func aLinkedElementHasItsTargetsNameAndItsOwnAsAlias() async throws {
        try await withScratchDirectory { root in
            let root = try realPath(root)
            try write(["x/os/element-provides": "operating-system\n", "x/gone/README": ""], below: root)
            try makeDirectory(root.appending("e"))
            try makeLink(root.appending("e/myos"), to: "../x/os")
            try makeLink(root.appending("e/dangling"), to: "../x/nothing")
            let catalog = try ElementCatalog.load(searchPath: "\(root)/e")
            #expect(catalog.names == ["os"])
            #expect(catalog["myos"]?.path == root.appending("x/os"))
            let selection = try ElementGraph(catalog: catalog).resolve(["myos"])
            #expect(selection.names == ["os"])
            #expect(selection.members.map(\.reasons) == [[.commandLine, .provides("operating-system")]])
        }
    }

    @Test func aRealNameGoesBeforeALinksName() {
        let own = Element(name: "ubuntu", path: "/builtin/ubuntu")
        let other = Element(name: "my-ubuntu", path: "/x/my-ubuntu")
        let catalog = ElementCatalog(directories: [
            [.init(linkName: "ubuntu", element: other)], [.init(linkName: "ubuntu", element: own)],
        ])
        #expect(catalog["ubuntu"] == own)
        #expect(catalog["my-ubuntu"] == other)
    }

    @Test func aLinkToAHiddenElementIsNoAlias() {
        let winner = Element(name: "os", path: "/one/os")
        let hidden = Element(name: "os", path: "/x/os")
        let catalog = ElementCatalog(directories: [
            [.init(linkName: "os", element: winner)], [.init(linkName: "myos", element: hidden)],
        ])
        #expect(catalog["os"] == winner)
        #expect(catalog["myos"] == nil)
    }

    @Test(arguments: [
        // Every element comes from the first directory: the second one hides behind it, if it has one of the names.
        (["base", "os"], ["base", "os"], true), (["base", "os"], ["base"], true), (["base", "os"], [], false),
        (["base", "os"], ["dpkg"], false),
        // One element comes from the second directory.
        (["os"], ["base", "os"], false), ([], ["base", "os"], false),
    ]) func aDirectoryIsHiddenIfNothingOfItIsUsedThatCouldBe(first: [String], second: [String], isHidden: Bool) throws {
        let directories = [("/first", first), ("/second", second)].map { directory, names in
            names.map { name in
                ElementCatalog.Entry(
                    linkName: ElementName(name),
                    element: Element(
                        name: ElementName(name), path: FilePath("\(directory)/\(name)"),
                        provides: name == "os" ? ["operating-system"] : []))
            }
        }
        let catalog = ElementCatalog(directories: directories)
        let wanted = ["base", "os"].map { ElementName($0) }
        let selection = try ElementGraph(catalog: catalog).resolve(
            ElementRequest(commandLineElements: wanted, architecture: Architecture("amd64")))
        #expect(catalog.hidesEverything(in: "/second", from: selection) == isHidden)
    }

    @Test func theSameDirectoryTwiceOverridesNothing() {
        let sketches: ElementSketches = ["a": .plain]
        #expect(ElementCatalog(path: ["/e": sketches, "/e": sketches]).overrides.isEmpty)
    }

    @Test(arguments: [
        ("", "$ELEMENTS_PATH must be set."),
        ("/not/a/dir", "ELEMENTS_PATH entry '/not/a/dir' is not a directory "),
        ("/dev:", "ELEMENTS_PATH entry '' is not a directory "),
        ("/dev:/etc/passwd", "ELEMENTS_PATH entry '/etc/passwd' is not a directory "),
    ]) func aBadPathIsRefusedInUpstreamsWords(path: String, message: String) {
        let error = #expect(throws: ElementError.self) { try ElementCatalog.load(searchPath: path) }
        #expect(error?.description == message)
    }

    @Test func anUnreadableListIsAnErrorNotAnEmptyOne() async throws {
        try await withScratchDirectory { root in
            let root = try realPath(root)
            try makeDirectory(root.appending("e/a/element-deps"))
            let error = #expect(throws: ElementError.self) { try ElementCatalog.load(searchPath: "\(root)/e") }
            #expect(error?.description == "cannot read '\(root)/e/a/element-deps': Is a directory")
        }
    }
}
