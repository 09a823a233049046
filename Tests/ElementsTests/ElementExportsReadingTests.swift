import Basics
import Elements
import SystemPackage
import Testing

@Suite struct ElementExportsReadingTests {
    @Test func whatIsExportedIsReadBackInOrder() throws {
        let elements = [
            Element(name: "vm", path: "/e/vm"), Element(name: "it's: odd", path: "/a b/\"x\"\t"),
            Element(name: "base", path: "/e/base"),
        ]
        let environment = ElementExports(elements).environment
        var named = environment
        named["IMAGE_ELEMENT"] = "vm base"
        #expect(try ElementExports.elements(in: named) == [elements[0], elements[2], elements[1]])
        #expect(
            try ElementExports.elements(in: ElementExports([elements[0], elements[2]]).environment) == [
                elements[0], elements[2],
            ])
    }

    @Test func withoutNamesTheOrderIsThatOfTheMapping() throws {
        let environment = Environment(["IMAGE_ELEMENT_YAML": "b: /e/b\na: /e/a\n"])
        #expect(try ElementExports.elements(in: environment).map(\.name) == ["b", "a"])
    }

    @Test(arguments: [
        (nil, "cannot parse '$IMAGE_ELEMENT_YAML': it is not set"),
        ("", "cannot parse '$IMAGE_ELEMENT_YAML': it is not set"),
        ("- a", "cannot parse '$IMAGE_ELEMENT_YAML': not a mapping"),
        ("a:", "cannot parse '$IMAGE_ELEMENT_YAML': 'a' has no path"),
    ]) func outsideABuildItIsAnError(text: String?, message: String) {
        let error = #expect(throws: ElementError.self) {
            try ElementExports.elements(in: Environment(text.map { ["IMAGE_ELEMENT_YAML": $0] } ?? [:]))
        }
        #expect(error?.description == message)
    }
}
