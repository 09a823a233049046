import Basics
import Commands
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Writes files below a directory and gives the environment of a build with its elements.
private func build(_ files: [String: String], in root: FilePath, _ variables: [String: String]) throws -> Environment {
    var paths: [String: String] = [:]
    for (name, text) in files {
        let path = URL(fileURLWithPath: root.appending(name).string)
        try FileManager.default.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: path)
        let element = String(name.prefix { $0 != "/" })
        paths[element] = root.appending(element).string
    }
    let yaml = paths.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
    return Environment(variables.merging(["IMAGE_ELEMENT_YAML": yaml]) { first, _ in first })
}

private func run(_ arguments: String..., in environment: Environment = Environment()) -> ToolOutcome {
    ElementDataCommand.outcome(arguments: arguments, environment: environment)
}

@Suite struct ElementDataCommandTests {
    @Test func packageListsAreWrittenForEachPhaseThatHasAny() async throws {
        try await withScratchDirectory { root in
            let environment = try build(
                [
                    "a/package-installs.yaml": "one:\ntwo: {phase: pre-install.d, build-only: true}\n",
                    "b/package-installs.yaml":
                        "three: {arch: 'amd64, arm64'}\nfour: {phase: post-install.d, arch: s390x}\n",
                    "c/README": "",
                ], in: root, ["ARCH": "arm64", "IMAGE_ELEMENT": "b a c"])
            let output = root.appending("new/lists")
            #expect(run("package-installs", "--output", output.string, in: environment) == ToolOutcome())
            var written: [String: String] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: output.string) {
                written[name] = try String(contentsOfFile: output.appending(name).string, encoding: .utf8)
            }
            #expect(
                written == [
                    "install.d.install": "b\tthree\na\tone\n", "pre-install.d.install": "a\ttwo\n",
                    "pre-install.d.uninstall": "a\ttwo\n",
                ])
        }
    }

    @Test func aBadPackageListIsAnErrorWithItsPlace() async throws {
        try await withScratchDirectory { root in
            let environment = try build(["a/package-installs.yaml": "p: {when: UNSET=1, typo: x}"], in: root, [:])
            let output = root.appending("lists").string
            let outcome = ToolOutcome(
                diagnostics: "error: The variable <UNSET> is not set\n"
                    + "hint: in the package-installs of element 'a', package 'p'\n", status: 1)
            #expect(run("package-installs", "--output", output, in: environment) == outcome)
        }
    }

    @Test func whatIsIgnoredIsWarnedOf() async throws {
        try await withScratchDirectory { root in
            let environment = try build(["a/package-installs.yaml": "p: {typo: x}"], in: root, [:])
            let output = root.appending("lists").string
            #expect(
                run("package-installs", "--output", output, in: environment).diagnostics
                    == "warning: '\(root)/a/package-installs.yaml': package 'p' has the unknown property 'typo'\n")
        }
    }

    @Test func aPackageMapIsPrintedAsLines() async throws {
        try await withScratchDirectory { root in
            _ = try build(["a/pkg-map": #"{"family": {"debian": {"x": "y"}}, "default": {"x": ""}}"#], in: root, [:])
            let lines = "default\t\tx\t\nfamily\tdebian\tx\ty\n"
            #expect(run("pkg-map", root.appending("a/pkg-map").string) == ToolOutcome(output: lines))
            let message = "error: cannot read '/nothing/here': No such file or directory\n"
            #expect(run("pkg-map", "/nothing/here") == ToolOutcome(diagnostics: message, status: 1))
        }
    }

    @Test func servicesArePrintedUnderTheirNames() async throws {
        try await withScratchDirectory { root in
            let environment = try build(
                ["a/svc-map": "web: {debian: apache2}\n", "b/svc-map": "db: {default: mariadb}\n"], in: root,
                ["DISTRO_NAME": "ubuntu"])
            #expect(run("svc-map", in: environment) == ToolOutcome(output: "db: mariadb\nweb: apache2\n"))
            let outside = "error: cannot parse '$IMAGE_ELEMENT_YAML': it is not set\n"
            #expect(run("svc-map") == ToolOutcome(diagnostics: outside, status: 1))
        }
    }

    @Test func aBadCommandLineIsAnErrorOnStderr() {
        #expect(run("package-installs").status == 1)
        #expect(
            run("package-installs").diagnostics.hasPrefix("Error: Missing expected argument '--output <directory>'\n"))
        #expect(run("nothing-such").status == 1)
        #expect(run("nothing-such").output.isEmpty)
        #expect(run().output.contains("package-installs"))
    }
}
