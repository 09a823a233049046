import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

private let plain = [
    Element(name: "vm", path: "/usr/share/elements/vm"), Element(name: "base", path: "/usr/share/elements/base"),
    Element(name: "debian-minimal", path: "/usr/share/elements/debian-minimal"),
]

/// Paths that a shell, YAML or both take apart unless quoted.
private let odd = [
    Element(name: "space", path: "/a b/space"), Element(name: "quote", path: "/it's/quote"),
    Element(name: "double", path: "/say \"hi\"/double"), Element(name: "dollar", path: "/$HOME/`id`/dollar"),
    Element(name: "back", path: "/a\\nb/back"), Element(name: "glob", path: "/*/[a]/glob"),
    Element(name: "colon", path: "/a: b #c/colon"), Element(name: "two words", path: "/x/two words"),
    Element(name: "it's", path: "/x/it's"), Element(name: "true", path: "/x/true"),
    Element(name: "007", path: "/x/007"),
    Element(name: "tab", path: "/a\tb  c\nd/tab"), Element(name: "élan", path: "/x/élan"),
    Element(name: ".hidden", path: "/x/.hidden"),
    Element(name: "-dash", path: "/x/-dash"),
]

/// Prints the array as the consumers build it: `name<TAB>path`, sorted.
private let printArray = """
    eval declare -A elements=($(get_image_element_array))
    for name in "${!elements[@]}"; do printf '%s=%s\\0' "$name" "${elements[$name]}"; done
    """

private let pythonReadsYAML = (try? runTool("python3", ["-c", "import yaml"]))?.status == 0

@Suite struct ElementExportsTests {
    @Test func ordinaryElementsAreExportedAsUpstreamDoes() {
        let exports = ElementExports(plain)
        #expect(
            exports.environment.dictionary == [
                "IMAGE_ELEMENT": "vm base debian-minimal",
                "IMAGE_ELEMENT_YAML":
                    "base: /usr/share/elements/base\ndebian-minimal: /usr/share/elements/debian-minimal\n"
                    + "vm: /usr/share/elements/vm\n",
                "BASH_FUNC_get_image_element_array%%":
                    "() {  printf '%s\\n' '[vm]=/usr/share/elements/vm [base]=/usr/share/elements/base "
                    + "[debian-minimal]=/usr/share/elements/debian-minimal '\n}",
            ])
    }

    @Test(.requires(.tool("bash"))) func theFunctionPrintsOneLineWithATrailingBlank() throws {
        let result = try runTool(
            "bash", ["-c", "get_image_element_array"], environment: environment(ElementExports(plain)))
        #expect(result.status == 0)
        #expect(
            result.output == "[vm]=/usr/share/elements/vm [base]=/usr/share/elements/base "
                + "[debian-minimal]=/usr/share/elements/debian-minimal \n")
    }

    @Test(.requires(.tool("bash")), arguments: [plain, odd]) func bashGetsTheArrayFromTheEnvironment(
        elements: [Element]
    ) throws {
        let exports = ElementExports(elements)
        let result = try runTool("bash", ["-euc", printArray], environment: environment(exports))
        #expect(array(result.output) == expected(elements))
    }

    @Test(.requires(.tool("bash"))) func aBashBelowABashGetsTheFunctionToo() throws {
        let script = "shopt -s xpg_echo; exec bash -euc \"$0\""
        let result = try runTool("bash", ["-c", script, printArray], environment: environment(ElementExports(odd)))
        #expect(array(result.output) == expected(odd))
    }

    @Test(.requires(.tool("bash")), arguments: [plain, odd]) func theShellTextSaysTheSame(elements: [Element]) throws {
        let exports = ElementExports(elements)
        let script =
            "eval \"$0\"; printf '%s\\0%s\\0' \"$IMAGE_ELEMENT\" \"$IMAGE_ELEMENT_YAML\"; exec bash -euc \"$1\""
        let result = try runTool(
            "bash", ["-euc", script, exports.shellText, printArray], environment: ["PATH": "/usr/bin:/bin"])
        let parts = result.output.split(separator: "\0", maxSplits: 2, omittingEmptySubsequences: false).map(
            String.init)
        #expect(parts.count == 3)
        #expect(Array(parts.prefix(2)) == [exports.imageElement, exports.imageElementYAML])
        #expect(array(parts.last ?? "") == expected(elements))
    }

    @Test(.enabled(if: pythonReadsYAML, "needs python3 with PyYAML")) func anotherReaderOfYAMLGetsNamesAndPaths() throws
    {
        let script = """
            import os, sys, yaml
            for name, path in yaml.safe_load(os.environ["IMAGE_ELEMENT_YAML"]).items():
                sys.stdout.buffer.write(("%s=%s\\0" % (name, path)).encode())
            """
        var variables = ["PATH": "/usr/bin:/bin:/usr/local/bin"]
        variables["IMAGE_ELEMENT_YAML"] = ElementExports(odd).imageElementYAML
        let result = try runTool("python3", ["-c", script], environment: variables)
        #expect(array(result.output) == expected(odd))
    }

    private func environment(_ exports: ElementExports) -> [String: String] {
        exports.environment.dictionary.merging(["PATH": "/usr/bin:/bin"]) { first, _ in first }
    }

    private func array(_ output: String) -> Set<String> { Set(output.split(separator: "\0").map(String.init)) }

    private func expected(_ elements: [Element]) -> Set<String> { Set(elements.map { "\($0.name)=\($0.path)" }) }
}
