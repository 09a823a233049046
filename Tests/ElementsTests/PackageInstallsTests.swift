import Basics
import Elements
import SystemPackage
import TestSupport
import Testing

/// Lists as text: `install.d + package (element)`, `-` for uninstallation.
private func text(_ installs: PackageInstalls) -> [String] {
    [HookPhase.preInstall, .install, .postInstall].flatMap { phase -> [String] in
        guard let lists = installs.phases[phase] else { return [] }
        return lists.install.map { "\(phase.directoryName) + \($0.package) (\($0.element))" }
            + lists.uninstall.map { "\(phase.directoryName) - \($0.package) (\($0.element))" }
    }
}

private struct PackageCase: Sendable, CustomTestStringConvertible {
    let id: String
    /// Texts of elements e1, e2, … in order.
    let files: [String]
    var variables: [String: String] = [:]
    let outcome: Outcome
    var testDescription: String { id }

    enum Outcome: Sendable, Equatable {
        case lists([String])
        case error(String, hint: String? = nil)
    }

    init(_ id: String, _ files: String..., variables: [String: String] = [:], gives outcome: Outcome) {
        (self.id, self.files, self.variables, self.outcome) = (id, files, variables, outcome)
    }

    var result: Outcome {
        do throws(ElementError) {
            var parsed: [(element: ElementName, file: PackageInstallsFile)] = []
            for (index, file) in files.enumerated() {
                parsed.append((ElementName("e\(index + 1)"), try PackageInstallsFile(parsing: file, named: "file")))
            }
            return .lists(text(try PackageInstalls.resolve(parsed, variables: Environment(variables))))
        } catch {
            return .error(error.description, hint: error.hint)
        }
    }
}

private let kernels = """
    linux-image-generic:
      - not-arch: arm64
        when: DIB_UBUNTU_KERNEL = linux-image-generic
      - arch: arm64
        when:
          - DIB_RELEASE != xenial
          - DIB_UBUNTU_KERNEL = linux-image-generic
    linux-generic-hwe-16.04:
      arch: arm64
      when:
        - DIB_RELEASE = xenial
        - DIB_UBUNTU_KERNEL = linux-image-generic
    """

private func kernel(_ arch: String, _ release: String) -> [String: String] {
    ["ARCH": arch, "DIB_RELEASE": release, "DIB_UBUNTU_KERNEL": "linux-image-generic"]
}

/// The cases of upstream's tests (elements-inventory section 4.10).
private let upstreamCases: [PackageCase] = [
    .init("install.d is the default phase", "p:", gives: .lists(["install.d + p (e1)"])),
    .init(
        "arch and not-arch", "p: ''\nq: {arch: arm64}\nr: {not-arch: arm64}", variables: ["ARCH": "arm64"],
        gives: .lists(["install.d + p (e1)", "install.d + q (e1)"])),
    .init(
        "kernel on x86_64 focal", kernels, variables: kernel("x86_64", "focal"),
        gives: .lists(["install.d + linux-image-generic (e1)"])),
    .init(
        "kernel on arm64 xenial", kernels, variables: kernel("arm64", "xenial"),
        gives: .lists(["install.d + linux-generic-hwe-16.04 (e1)"])),
    .init(
        "kernel on arm64 focal", kernels, variables: kernel("arm64", "focal"),
        gives: .lists(["install.d + linux-image-generic (e1)"])),
    .init(
        "when, equal and not", "a: {when: F=0}\nb: {when: F=1}\nc: {when: F!=0}\nd: {when: F!=1}",
        variables: ["F": "1"],
        gives: .lists(["install.d + b (e1)", "install.d + c (e1)"])),
    .init(
        "when wants its variable set", "p: {when: MISSING_VAR=1}",
        gives: .error(
            "The variable <MISSING_VAR> is not set", hint: "in the package-installs of element 'e1', package 'p'")),
    .init(
        "all of several conditions", "p: {when: [A=1, B=1, C=1]}\nq: {when: [A=1, B=0, C=1]}",
        variables: ["A": "1", "B": "1", "C": "1"], gives: .lists(["install.d + p (e1)"])),
    .init(
        "a plain install after build-only keeps the package", "p: {build-only: 'true'}", "p:",
        gives: .lists(["install.d + p (e1)", "install.d + p (e2)"])),
    .init(
        "and so before it", "p:", "p: {build-only: 'true'}",
        gives: .lists(["install.d + p (e1)", "install.d + p (e2)"])),
]

private let ruleCases: [PackageCase] = [
    .init(
        "build-only installs and uninstalls", "p: {build-only: true}",
        gives: .lists(["install.d + p (e1)", "install.d - p (e1)"])),
    .init("uninstall", "p: {uninstall: true}", gives: .lists(["install.d - p (e1)"])),
    .init("uninstall by mere presence", "p: {uninstall: }", gives: .lists(["install.d - p (e1)"])),
    .init("uninstall: false does not", "p: {uninstall: false}", gives: .lists(["install.d + p (e1)"])),
    .init(
        "nor does 'False' quoted, nor build-only: no", "p: {uninstall: 'False', build-only: no}",
        gives: .lists(["install.d + p (e1)"])),
    .init(
        "uninstalling what another installs is dropped", "p:", "p: {uninstall: true}",
        gives: .lists(["install.d + p (e1)"])),
    .init("whichever comes first", "p: {uninstall: true}", "p:", gives: .lists(["install.d + p (e2)"])),
    .init(
        "the rule holds for each phase apart", "p: {phase: pre-install.d}", "p: {uninstall: true}",
        gives: .lists(["pre-install.d + p (e1)", "install.d - p (e2)"])),
    .init(
        "a rule that does not count undoes nothing", "p: {uninstall: true}", "p: {arch: s390x}",
        variables: ["ARCH": "amd64"], gives: .lists(["install.d - p (e1)"])),
    .init(
        "two build-only requests", "p: {build-only: yes}", "p: {build-only: yes}",
        gives: .lists([
            "install.d + p (e1)", "install.d + p (e2)", "install.d - p (e1)", "install.d - p (e2)",
        ])),
    .init(
        "phases", "a: {phase: post-install.d}\nb: {phase: pre-install.d}\nc: {phase: install.d}",
        gives: .lists(["pre-install.d + b (e1)", "install.d + c (e1)", "post-install.d + a (e1)"])),
    .init("an unknown phase installs nothing", "a: {phase: install}", gives: .lists([])),
    .init(
        "blanks in arch lists do not count", "p: {arch: 'ppc64, ppc64le'}", variables: ["ARCH": "ppc64le"],
        gives: .lists(["install.d + p (e1)"])),
    .init(
        "nor in not-arch lists", "p: {not-arch: 'ppc64 , ppc64le '}", variables: ["ARCH": "ppc64"], gives: .lists([])),
    .init(
        "arch as a list", "p: {arch: [amd64, arm64]}", variables: ["ARCH": "arm64"],
        gives: .lists(["install.d + p (e1)"])),
    .init(
        "arch and not-arch together", "p: {arch: a, not-arch: b}", variables: ["ARCH": "a"],
        gives: .error(
            "package-installs configuration error: arch and not_arch given for package [p]",
            hint: "in the package-installs of element 'e1', package 'p'")),
    .init("only where the install type matches", "p: {arch: a, not-arch: b, installtype: package}", gives: .lists([])),
    .init(
        "source is the default install type", "p: {installtype: source}\nq: {installtype: package}",
        gives: .lists(["install.d + p (e1)"])),
    .init(
        "unless changed for all", "p: {installtype: source}\nq: {installtype: package}",
        variables: ["DIB_DEFAULT_INSTALLTYPE": "package"], gives: .lists(["install.d + q (e1)"])),
    .init(
        "or for the element", "q: {installtype: package}", "q: {installtype: package}",
        variables: ["DIB_INSTALLTYPE_e2": "package"], gives: .lists(["install.d + q (e2)"])),
    .init(
        "python version", "p: {dib_python_version: 3}\nq: {dib_python_version: '2'}\nr: {dib_python_version: }",
        variables: ["DIB_PYTHON_VERSION": "3"], gives: .lists(["install.d + p (e1)", "install.d + r (e1)"])),
    .init("python version unset", "p: {dib_python_version: 3}", gives: .lists([])),
    .init(
        "the value of when is the rest of the line", "p: {when: 'A =  b c '}", variables: ["A": "b c "],
        gives: .lists(["install.d + p (e1)"])),
    .init("an empty value", "p: {when: 'A='}", variables: ["A": ""], gives: .lists(["install.d + p (e1)"])),
    .init("when of null", "p: {when: }", gives: .lists(["install.d + p (e1)"])),
    .init("when is asked last", "p: {when: MISSING=1, arch: x}", variables: ["ARCH": "y"], gives: .lists([])),
    .init(
        "every variable of when must be set", "p: {when: [A=1, B=1]}", variables: ["A": "0"],
        gives: .error("The variable <B> is not set", hint: "in the package-installs of element 'e1', package 'p'")),
    .init(
        "a malformed when", "p: {when: 'A > 1'}", variables: ["A": "1"],
        gives: .error("Malformed when line: <A > 1>", hint: "in the package-installs of element 'e1', package 'p'")),
    .init("an empty file", "", gives: .lists([])),
    .init("a file of comments", "# nothing\n", gives: .lists([])),
    .init(
        "packages keep the order of the file", "z:\na:\nm:",
        gives: .lists(["install.d + z (e1)", "install.d + a (e1)", "install.d + m (e1)"])),
    .init(
        "JSON",
        "{\n\t\"p\": null, \"q\":{\"phase\":\"pre-install.d\"}, \"r\": [],\n\t\"s\": [{}, {\"uninstall\": true}]\n}\n",
        gives: .lists(["pre-install.d + q (e1)", "install.d + p (e1)", "install.d + r (e1)", "install.d + s (e1)"])),
    .init("a list of packages", "- p\n- q\n", gives: .error("cannot parse 'file': not a mapping")),
    .init(
        "a package with a word", "p: yes please",
        gives: .error("cannot parse 'file': package 'p' has no mapping of properties")),
    .init(
        "broken YAML", "p: [\nq: }", gives: .error("cannot parse 'file': line 2: did not find expected node content")),
    .init("a package given twice", "p:\nq:\np:", gives: .error("cannot parse 'file': line 1: 'p' given twice")),
    .init(
        "a mapping for a word", "p: {phase: {a: b}}",
        gives: .error("cannot parse 'file': package 'p' has no text as its property 'phase'")),
]

@Suite struct PackageInstallsTests {
    @Test(arguments: upstreamCases) fileprivate func packagesAreResolvedAsUpstreamDoes(_ expected: PackageCase) {
        #expect(expected.result == expected.outcome)
    }

    @Test(arguments: ruleCases) fileprivate func everyPropertyHasItsRule(_ expected: PackageCase) {
        #expect(expected.result == expected.outcome)
    }

    @Test func whatNobodyReadsIsWarnedOf() throws {
        let file = try PackageInstallsFile(parsing: "p: {not_arch: x, phase: clean.d}", named: "file")
        let installs = try PackageInstalls.resolve([("e", file)], variables: Environment())
        #expect(
            installs.warnings == [
                "'file': package 'p' has the unknown property 'not_arch'",
                "package 'p' of element 'e' is never installed: no packages in phase 'clean.d'",
            ])
    }

    @Test func filesAreReadFromTheElementsJSONFirst() async throws {
        try await withScratchDirectory { root in
            try write(
                [
                    "a/package-installs.yaml": "y:", "a/package-installs.json": "{\"j\": null}", "b/README": "",
                    "c/package-installs.yaml": "c:",
                ], below: root)
            let elements = ["c", "b", "a"].map { Element(name: ElementName($0), path: root.appending($0)) }
            #expect(
                text(try PackageInstalls.load(elements, variables: Environment()))
                    == ["install.d + c (c)", "install.d + j (a)", "install.d + y (a)"])
        }
    }
}
