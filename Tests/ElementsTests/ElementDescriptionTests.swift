import Basics
import Elements
import Foundation
import SystemPackage
import TestSupport
import Testing

private let whole = """
    summary: A web server.
    phases: [install, finalise]
    distributions: [debian, ubuntu]
    architectures: [amd64]
    variables:
      DIB_WEB_PORT:
        summary: Where it listens.
        type: integer
        default: 80
      DIB_WEB_KIND:
        summary: Which one.
        allowed: [apache, nginx]
        required: true
        unless: [DIB_WEB_A, DIB_WEB_B]
      DIB_WEB_PASSWORD:
        summary: Of the administrator.
        secret: true
    inputs:
      - packages: apt
      - file: ${DIB_WEB_PAGES}
      - url: ${DIB_WEB_MIRROR:-https://example.org}/SHA256SUMS
      - git: https://example.org/web.git ${DIB_WEB_REF}
    ext4: [^64bit, dir_index]
    """

@Suite struct ElementDescriptionTests {
    @Test func everyKeyIsRead() {
        let reader = ElementDescriptionReader(parsing: whole, named: "element.yaml")
        #expect(reader.problems.isEmpty)
        let expected = ElementDescription(
            summary: "A web server.", phases: [.install, .finalise], distributions: ["debian", "ubuntu"],
            architectures: ["amd64"],
            variables: [
                ElementVariable(
                    name: "DIB_WEB_PORT", summary: "Where it listens.", kind: .integer, defaultValue: "80"),
                ElementVariable(
                    name: "DIB_WEB_KIND", summary: "Which one.", allowed: ["apache", "nginx"], isRequired: true,
                    alternatives: ["DIB_WEB_A", "DIB_WEB_B"]),
                ElementVariable(name: "DIB_WEB_PASSWORD", summary: "Of the administrator.", isSecret: true),
            ],
            inputs: [
                .packages(.apt), .file("${DIB_WEB_PAGES}"),
                .url("${DIB_WEB_MIRROR:-https://example.org}/SHA256SUMS"),
                .git(url: "https://example.org/web.git", reference: "${DIB_WEB_REF}"),
            ], ext4Features: ["^64bit", "dir_index"])
        #expect(reader.description == expected)
    }

    @Test func aSummaryIsEnoughAndWhatIsAbsentIsNotDeclared() {
        let reader = ElementDescriptionReader(parsing: "summary: x\n", named: "e")
        #expect(reader.problems.isEmpty)
        #expect(reader.description == ElementDescription(summary: "x"))
        #expect(ElementDescriptionReader(parsing: "summary: x\ninputs: []", named: "e").description.inputs == [])
    }

    @Test(
        "what is wrong is named with file, line and key",
        arguments: [
            ("", "e:1: is not a mapping with a 'summary'"),
            ("variables: {}", "e:1: summary is missing: one line, what the element is for"),
            ("summary: [x]", "e:1: summary is not a text"), ("summary: |\n  a\n  b\n", "e:1: summary is not one line"),
            ("summary: x\nphases: install", "e:2: phases is not a list, as [a, b]"),
            (
                "summary: x\nphases:\n  - instal",
                "e:3: phases has 'instal', which is no phase; did you mean 'install'?"
            ),
            ("summary: x\nvariables: [a]", "e:2: variables is not a mapping of names"),
            ("summary: x\nvariables:\n  A-B: {summary: x}", "e:3: variables has 'A-B', which is no name of a variable"),
            ("summary: x\nvariables:\n  A:", "e:3: variables.A is not a mapping with a 'summary'"),
            (
                "summary: x\nvariables:\n  A:\n    summary: x\n    type: bool",
                "e:5: variables.A.type is 'bool', none of: string, boolean, integer, size, path, url, list"
            ),
            (
                "summary: x\nvariables:\n  A: {type: integer, default: ten}",
                "e:3: variables.A.default 'ten' is no whole number"
            ),
            (
                "summary: x\nvariables:\n  A:\n    required: maybe",
                "e:4: variables.A.required is 'maybe', neither true nor false"
            ),
            ("summary: x\ninputs: none", "e:2: inputs is not a list; 'inputs: []' says that there are none"),
            ("summary: x\ninputs:\n  - a", "e:3: inputs has an item that is not one pair, as 'file: /etc/hosts'"),
            ("summary: x\ninputs:\n  - http: a", "e:3: inputs has 'http', none of: packages, file, url, git"),
            (
                "summary: x\ninputs:\n  - packages: yum",
                "e:3: inputs.packages is 'yum', none of: apt, dnf, zypper, apk, emerge"
            ),
            ("summary: x\ninputs:\n  - git: a b c", "e:3: inputs.git is 'a b c', not an address and a reference"),
            ("a: b: c", "e:1: is not YAML: line 1: mapping values are not allowed in this context"),
        ])
    func problems(text: String, message: String) {
        let reader = ElementDescriptionReader(parsing: text, named: "e")
        #expect(reader.problems.map(\.description) == [message])
        #expect(reader.firstError != nil)
    }

    @Test(arguments: [
        ("summary: x\nsumary: y", "e:2: the key 'sumary' is unknown; did you mean 'summary'?"),
        (
            "summary: x\nvariables:\n  A:\n    summary: y\n    choices: [a]",
            "e:5: variables.A has the key 'choices', which is unknown"
        ),
    ])
    func unknownKeysDoNotSpoilTheRest(text: String, message: String) {
        let reader = ElementDescriptionReader(parsing: text, named: "e")
        #expect(reader.problems.map(\.description) == [message])
        #expect(reader.firstError == nil)
        #expect(reader.description.summary == "x")
    }

    @Test(
        "a value is judged by its type",
        arguments: [
            (.string, "anything at all", nil), (.boolean, "Yes", nil), (.boolean, "0", nil),
            (.boolean, "ja", "is neither yes nor no (1, true, yes, 0, false, no)"), (.integer, "-3", nil),
            (.integer, "3.5", "is no whole number"), (.size, "1.5GiB", nil),
            (.size, "big", "is no size, as 10GiB or 500MiB"), (.path, "/a b", nil), (.path, "/a\nb", "is no path"),
            (.url, "https://a/b", nil), (.url, "file:///x", nil), (.url, "a/b", "is no URL, as https://host/path"),
            (.list, "a, b", nil),
        ] as [(ElementVariable.Kind, String, String?)])
    func types(kind: ElementVariable.Kind, value: String, objection: String?) {
        #expect(ElementVariable(name: "A", kind: kind).objection(to: value) == objection)
    }

    @Test func onlyAllowedValuesPassAndOfAListEachWord() {
        let one = ElementVariable(name: "A", allowed: ["stable", "testing"])
        #expect(one.objection(to: "stable") == nil)
        #expect(one.objection(to: "stabel") == "is none of: stable, testing; did you mean 'stable'?")
        let several = ElementVariable(name: "A", kind: .list, allowed: ["Ec2", "None"])
        #expect(several.objection(to: "Ec2, None") == nil)
        #expect(several.objection(to: "Ec2 GCE") == "is none of: Ec2, None")
    }

    @Test(
        "inputs take the values of variables, the caller's before an element's default",
        arguments: [
            (
                [:],
                [
                    .packages(.apt), .url("https://example.org/SHA256SUMS"),
                    .git(url: "https://example.org/web.git", reference: ""),
                ]
            ),
            (
                ["DIB_WEB_PAGES": "/srv/www", "DIB_WEB_MIRROR": "http://m", "DIB_WEB_REF": "v1"],
                [
                    .packages(.apt), .file("/srv/www"), .url("http://m/SHA256SUMS"),
                    .git(url: "https://example.org/web.git", reference: "v1"),
                ]
            ),
        ] as [([String: String], [ElementInput])])
    func inputs(variables: [String: String], expected: [ElementInput]) {
        let description = ElementDescriptionReader(parsing: whole, named: "e").description
        let all = ElementDescriptions([("web", description)])
        #expect(all.inputs(of: "web", in: Environment(variables)) == expected)
        #expect(all.inputs(of: "other", in: Environment(variables)) == nil)
    }

    @Test func anAddressWithAGapIsNotKnownAndOneOfNothingIsNotRead() {
        func inputs(_ input: ElementInput, defaults: [(String, String)] = []) -> [ElementInput]? {
            let variables = defaults.map { ElementVariable(name: $0.0, defaultValue: $0.1) }
            let all = ElementDescriptions([
                ("a", ElementDescription(inputs: [input])), ("b", ElementDescription(variables: variables)),
            ])
            return all.inputs(of: "a", in: Environment())
        }
        #expect(inputs(.url("${U}/x")) == nil)
        #expect(inputs(.url("${U}")) == [])
        #expect(inputs(.url("${U}/x"), defaults: [("U", "http://${H}"), ("H", "h")]) == [.url("http://h/x")])
        #expect(inputs(.file("${D}/x")) == [])
        #expect(inputs(.git(url: "http://${H}/r", reference: "")) == nil)
        #expect(inputs(.url("${U}"), defaults: [("U", "${V}"), ("V", "${U}")]) == [])
    }

    @Test func filesAreReadAndElementsWithoutOneAreAsEver() async throws {
        try await withScratchDirectory { root in
            try write(
                ["a/element.yaml": "summary: x\n", "b/README.rst": "", "c/element.yaml": "- something else\n"],
                below: root)
            func element(_ name: String) -> Element { Element(name: ElementName(name), path: root.appending(name)) }
            #expect(try ElementDescription.load(of: root.appending("a")) == ElementDescription(summary: "x"))
            let two = try ElementDescriptions.load([element("a"), element("b")])
            #expect(two["a"]?.summary == "x")
            #expect(two["b"] == nil)
            let error = #expect(throws: ElementError.self) { try ElementDescriptions.load([element("c")]) }
            #expect(error?.description == "\(root)/c/element.yaml:1: is not a mapping with a 'summary'")
            let lenient = try ElementDescriptions.load([element("c")], isLenient: true)
            #expect(lenient["c"] == nil)
            #expect(lenient.problems.count == 1)
        }
    }

    @Test func theJSONFormOfAVariableHasTheKeysOfTheFile() throws {
        let description = ElementDescriptionReader(parsing: whole, named: "e").description
        #expect(try roundTripped(description) == description)
    }
}

private func roundTripped(_ description: ElementDescription) throws -> ElementDescription {
    try JSONDecoder().decode(ElementDescription.self, from: JSONEncoder().encode(description))
}
