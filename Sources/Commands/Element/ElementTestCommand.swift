import ArgumentParser
import Basics
import Elements
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage

/// `ingot element test`: runs the functional tests that an element brings, each a build with this program.
struct ElementTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests of an element: each is a build with it.",
        discussion: """
            A test is an element in ELEMENT/test-elements, as upstream has them: it names the operating system in \
            element-deps, sets variables in environment.d, and its hooks fail the build if something is not as it \
            should be. A file test-output-formats names output formats (tar without one). The test passes if the build \
            does; one whose hook leaves /tmp/dib-test-should-fail in the image passes if the build fails. A test that \
            this host cannot build is skipped with the reason.
            """)

    @Flag(help: "Keep images and logs of tests that passed, too.")
    var keep = false

    @Argument(help: "Name of an element, or its directory.", completion: .elements)
    var element: String

    @Argument(help: "Names of tests; all of the element's unless given.")
    var tests: [String] = []

    func run() async throws {
        let environment = Environment.ofThisProcess
        let status: Int32
        do { status = try await run(environment) } catch {
            ErrorReport(error).print()
            status = 1
        }
        if status != 0 { throw ExitCode(status) }
    }

    private func run(_ environment: Environment) async throws -> Int32 {
        let library = try ElementLibrary.found(environment)
        let element = try library.element(element, in: environment)
        let cases = try chosen(ElementTestCase.load(element), of: element)
        let run = try ElementTestRun(element: element, environment: environment, keepsAll: keep)
        var results: [ElementTestRun.Result] = []
        for testCase in cases {
            let result = try await run.run(testCase)
            printOutput(result.line(of: testCase) + "\n")
            results.append(result)
        }
        printOutput(Self.verdict(results) + "\n")
        run.finish(hasFailures: results.contains(where: \.isFailure))
        return results.contains(where: \.isFailure) ? 1 : 0
    }

    private func chosen(_ cases: [ElementTestCase], of element: Element) throws -> [ElementTestCase] {
        guard !cases.isEmpty else {
            throw PlanError(
                "element '\(element.name)' has no tests",
                hint: "an element in \(element.path)/\(ElementProfile.testDirectory)/NAME is one")
        }
        for test in tests where !cases.contains(where: { $0.name.text == test }) {
            throw PlanError(
                "element '\(element.name)' has no test '\(test)'",
                hint: "it has: " + cases.map(\.name.text).joined(separator: ", "))
        }
        return tests.isEmpty ? cases : cases.filter { tests.contains($0.name.text) }
    }

    static func verdict(_ results: [ElementTestRun.Result]) -> String {
        let passed = results.filter { if case .passed = $0 { true } else { false } }.count
        let failed = results.filter(\.isFailure).count
        let skipped = results.count - passed - failed
        return
            "\(results.count) test\(results.count == 1 ? "" : "s"): \(passed) passed, \(failed) failed, \(skipped) skipped"
    }
}
