import Basics
import Elements
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

/// What elements declare in `element.yaml`, held against a request before anything is built.
@Suite struct VariableChecksTests {
    private static let description = ElementDescription(
        summary: "x", distributions: ["debian"], architectures: ["amd64"],
        variables: [
            ElementVariable(name: "DIB_PORT", summary: "Where it listens.", kind: .integer),
            ElementVariable(name: "DIB_KIND", summary: "Which one.", allowed: ["apache", "nginx"], isRequired: true),
            ElementVariable(name: "DIB_PIN", summary: "A number.", kind: .integer, isSecret: true),
        ])

    private func checks(
        _ environment: [String: String], mode: BuildRequest.Mode = .native, architecture: String = "amd64",
        assignments: [EnvironmentAssignment] = []
    ) -> VariableChecks {
        let asked = request(environment) {
            $0.mode = mode
            $0.architecture = Architecture(architecture)
        }
        return VariableChecks(
            request: asked, elements: ["web"], descriptions: ElementDescriptions([("web", Self.description)]),
            assignments: assignments)
    }

    private func refusal(_ checks: VariableChecks) -> [String] {
        do { try checks.refuse() } catch { return [error.message, error.hint ?? ""] }
        return []
    }

    private static let more =
        "it is a variable of element 'web': 'ingot element show web' says more; "
        + "unset it for the element's own value"

    @Test(
        "ingot build refuses in one line what cannot be meant",
        arguments: [
            (["DIB_KIND": "nginx", "DIB_PORT": "80"], "amd64", []),
            (["DIB_KIND": "nginx", "DIB_PORT": ""], "x86_64", []),
            (
                [:], "amd64",
                ["element 'web' needs the variable DIB_KIND: which one", "set DIB_KIND to one of: apache, nginx"]
            ),
            (
                ["DIB_KIND": "ngix"], "amd64",
                ["DIB_KIND is 'ngix', which is none of: apache, nginx; did you mean 'nginx'?", more]
            ),
            (
                ["DIB_KIND": "nginx", "DIB_PORT": "http"], "amd64",
                ["DIB_PORT is 'http', which is no whole number", more]
            ),
            (["DIB_KIND": "nginx", "DIB_PIN": "abcd"], "amd64", ["DIB_PIN is (secret), which cannot be meant", more]),
            (
                ["DIB_KIND": "nginx"], "arm64",
                [
                    "element 'web' is for amd64, not for arm64",
                    "choose another architecture (-a, ARCH), or leave the element out",
                ]
            ),
        ] as [([String: String], String, [String])])
    func refusals(environment: [String: String], architecture: String, expected: [String]) {
        #expect(refusal(checks(environment, architecture: architecture)) == expected)
        #expect(checks(environment, architecture: architecture).warnings == [])
    }

    @Test func underUpstreamsNamesOnlyWhatFailsForCertainIsRefused() {
        let lenient = checks(["DIB_KIND": "ngix", "DIB_PORT": "http"], mode: .disk, architecture: "arm64")
        #expect(refusal(lenient) == [])
        #expect(
            lenient.warnings == [
                "element 'web' is for amd64, not for arm64 (choose another architecture (-a, ARCH), or leave the element out)",
                "DIB_PORT is 'http', which is no whole number (\(Self.more))",
                "DIB_KIND is 'ngix', which is none of: apache, nginx; did you mean 'nginx'? (\(Self.more))",
            ])
        #expect(refusal(checks([:], mode: .disk)).first == "element 'web' needs the variable DIB_KIND: which one")
    }

    @Test(
        "a required variable may give way to others together",
        arguments: [([:], true), (["A": "1"], true), (["A": "1", "B": ""], true), (["A": "1", "B": "1"], false)]
            as [([String: String], Bool)])
    func alternatives(environment: [String: String], isRefused: Bool) {
        let image = ElementVariable(name: "DIB_IMAGE", summary: "A base.", isRequired: true, alternatives: ["A", "B"])
        let checks = VariableChecks(
            request: request(environment), elements: ["os"],
            descriptions: ElementDescriptions([("os", ElementDescription(summary: "x", variables: [image]))]))
        #expect(
            refusal(checks)
                == (isRefused
                    ? [
                        "element 'os' needs the variable DIB_IMAGE: a base",
                        "set DIB_IMAGE=…, or A and B, before the command",
                    ] : []))
    }

    @Test func whatAFileOfEnvironmentDSetsIsNotMissing() {
        let assignment = EnvironmentAssignment(name: "DIB_KIND", value: .computed, element: "other")
        #expect(refusal(checks([:], assignments: [assignment])) == [])
    }

    @Test func anotherDistributionIsOnlyAWarning() {
        let assignment = EnvironmentAssignment(name: "DISTRO_NAME", value: .fixed("fedora"), element: "os")
        let fedora = checks(["DIB_KIND": "nginx"], assignments: [assignment])
        #expect(refusal(fedora) == [])
        #expect(fedora.warnings == ["element 'web' is for debian, not known to work on fedora"])
    }

    @Test(
        "a misspelt name is one that nothing reads and that is near a known one",
        arguments: [
            ("DIB_RELESE", "DIB_RELEASE"), ("DIB_IMAGE_SZIE", "DIB_IMAGE_SIZE"), ("DIB_WEB_PROT", "DIB_WEB_PORT"),
            ("DIB_WEB_PORT", nil), ("DIB_ELSEWHERE", nil), ("DIB_ELSEWHER", "DIB_ELSEWHERE"),
            ("DIB_OWN_THING_OF_MINE", nil), ("DIB_STEM_ANYTHING", nil), ("DIB_REPOREF_nova", nil),
            ("DIB_INSTALLTYPE_x", nil),
        ] as [(String, String?)])
    func spelling(name: String, meant: String?) {
        let suspects = MisspeltVariable.suspects(in: Environment([name: "1", "HOME": "/", "DIB_RELEASE": "x"]))
        let found = MisspeltVariable.among(
            suspects, mentioned: ["DIB_WEB_PORT", "DIB_STEM_", "DIB_"], declared: ["DIB_ELSEWHERE"])
        #expect(found == (meant.map { [MisspeltVariable(name: name, meant: $0)] } ?? []))
    }

    @Test func slipsOfThePenAreWarningsOfThePlan() throws {
        let slips = ["DIB_RELESE": "trixie", "DIB_DEV_USER_PASWORD": "x", "DIB_DEBIAN_KERNEL": "none", "DIB_MINE": "1"]
        let warnings = try plan(request(slips)).warnings
        #expect(
            warnings == [
                "nothing in this build reads DIB_DEV_USER_PASWORD; did you mean DIB_DEV_USER_PASSWORD?",
                "nothing in this build reads DIB_RELESE; did you mean DIB_RELEASE?",
            ])
    }

    @Test func aRequiredVariableIsAskedForBeforeTheBuild() {
        let asked = request { $0.elements = ["debian-minimal", "cloud-init-datasources"] }
        let text = ImagePlanningTests.refusal(asked)
        #expect(text.hasPrefix("element 'cloud-init-datasources' needs the variable DIB_CLOUD_INIT_DATASOURCES"))
        let set = request { $0.elements = ["debian-minimal", "cloud-init-nocloud"] }
        #expect(ImagePlanningTests.refusal(set) == "planned")
    }

    @Test func aForeignElementWithAnotherFileOfThatNameStopsOnlyOurOwnCommand() async throws {
        try await withScratchDirectory { root in
            let element = root.appending("foreign")
            try FileManager.default.createDirectory(atPath: element.string, withIntermediateDirectories: true)
            try Data("- a list\n".utf8).write(to: URL(fileURLWithPath: element.appending("element.yaml").string))
            var asked = request(["ELEMENTS_PATH": root.string]) { $0.elements = ["debian-minimal", "foreign"] }
            let warnings = try plan(asked).warnings
            #expect(warnings.count == 1)
            #expect(
                warnings.first?.hasSuffix(
                    "foreign/element.yaml:1: is not a mapping with a 'summary', so it is not used") == true)
            asked.mode = .native
            #expect(throws: ElementError.self) { try plan(asked) }
        }
    }

    // MARK: values and origins

    @Test(
        "a line of environment.d is read as far as that is possible without running it",
        arguments: [
            ("export A=text", .fixed("text")), ("export A=\"two words\"", .fixed("two words")), ("A='x'", .fixed("x")),
            ("export A=${A:-text}", .fallback("text")), ("export A=\"${A-two words}\"", .fallback("two words")),
            (": ${A:=text}", .fallback("text")), ("export A=${A:-$B}", .computed), ("export A=$(date)", .computed),
            ("export A=${B:-text}", .computed), ("    export A=text", .computed), ("export A=x # why", .fixed("x")),
        ] as [(String, EnvironmentAssignment.Value)])
    func assignments(line: String, value: EnvironmentAssignment.Value) {
        let read = EnvironmentAssignment.assignments(in: "# text\n\(line)\n", of: "e")
        #expect(read == [EnvironmentAssignment(name: "A", value: value, element: "e")])
    }

    @Test func everyDeclaredVariableHasAValueAndAnOrigin() throws {
        let asked = request(["DIB_GRUB_TIMEOUT": "9", "DIB_BLOCK_DEVICE": "gpt", "DIB_DEV_USER_PASSWORD": "geheim"]) {
            $0.elements += ["devuser"]
        }
        let planned = try plan(asked)
        let settings = planned.settings(
            planned.variables(program: .init(library: "/l", executable: "/i", python: "/p")))
        let shown = Dictionary(
            uniqueKeysWithValues: settings.map { ($0.name, "\($0.masked { $0 }.value ?? "-") \($0.origin)") })
        let expected = [
            "DIB_GRUB_TIMEOUT": "9 environment", "DIB_DEV_USER_PASSWORD": "*** environment",
            "DIB_BLOCK_DEVICE": "mbr environment.d of block-device-mbr",
            "DIB_RELEASE": "stable environment.d of debian-minimal",
            "DIB_GRUB_TIMEOUT_STYLE": "menu default of bootloader", "DIB_DEBOOTSTRAP_TOOL": "- unset",
            "DIB_DEBIAN_KERNEL": "linux-image-${ARCH} default of debian-minimal",
            "DIB_DEFAULT_INSTALLTYPE": "source default of install-types",
            "FS_TYPE": "ext4 command line, or its default",
        ]
        #expect(shown.filter { expected[$0.key] != nil } == expected)
        #expect(settings.map(\.name) == settings.map(\.name).sorted())
    }

    // MARK: what the engine knows

    /// The list is written by hand: every name that the sources have as a text must be on it.
    @Test func theEngineKnowsItsOwnVariables() throws {
        var unknown: Set<String> = []
        for folder in ["Sources", "Resources/lib"] {
            let root = Checkout.root.appending(folder).string
            for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() {
                guard folder != "Sources" || path.hasSuffix(".swift"),
                    let text = try? String(contentsOfFile: root + "/" + path, encoding: .utf8)
                else { continue }
                let names =
                    folder == "Sources"
                    ? Set(text.matches(of: /"(DIB_[A-Z0-9_]*[A-Z0-9])"/).map { String($0.1) })
                    : ElementMentions.names(in: text)
                unknown.formUnion(names.filter { !EngineVariables.knows($0) })
            }
        }
        #expect(unknown == [])
    }
}
