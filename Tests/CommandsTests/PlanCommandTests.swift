import ArgumentParser
import Basics
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// The command lines around plans: help, version, errors; through the built program, as users meet them.
@Suite struct PlanCommandTests {
    private func ingot(_ words: String...) throws -> ToolResult {
        try runTool(Checkout.ingot.string, words, environment: ["PATH": "/usr/bin:/bin", "HOME": "/root"])
    }

    @Test(arguments: [("build", false), ("plan", true)])
    func helpNamesTheProgramItIsOf(name: String, onlyPlans: Bool) throws {
        let help = DiskImageHelp.text(program: "ingot \(name)", mode: .native, onlyPlans: onlyPlans)
        try expectGolden(help, "help-\(name).txt")
        #expect(try ingot(name, "--help") == ToolResult(status: 0, output: help))
        #expect(try ingot("help", name).output == help)
    }

    @Test func theRoofListsEveryCommand() throws {
        let help = try ingot("--help").output
        for command in IngotCommand.configuration.subcommands where command.configuration.shouldDisplay {
            #expect(help.contains("\n  \(command._commandName)"), "\(command._commandName)")
        }
    }

    @Test(arguments: ["disk-image-create", "ramdisk-image-create"])
    func versionIsNothingButTheVersion(name: String) async throws {
        try await withScratchDirectory { root in
            let link = root.appending(name).string
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: Checkout.ingot.string)
            let result = try runTool(link, ["--version"])
            #expect(result == ToolResult(status: 0, output: IngotVersion.text + "\n"))
        }
    }

    @Test func errorsAreOneLineAndAHint() throws {
        let typo = try ingot("plan", "debian-minmal", "vm")
        #expect(
            typo
                == ToolResult(
                    status: 1,
                    output: "error: Element 'debian-minmal' not found\nhint: did you mean 'debian-minimal'?\n"))
        #expect(
            try ingot("plan", "--no-such")
                == ToolResult(
                    status: 1, output: "ingot plan: unrecognized option '--no-such'\n"))
    }

    @Test func aPlanIsPrintedAndNothingIsDone() async throws {
        try await withScratchDirectory { home in
            let result = try runTool(
                Checkout.ingot.string, ["plan", "--json", "debian-minimal", "vm"],
                environment: ["PATH": "/usr/bin:/bin", "HOME": home.string], directory: home.string)
            let plan = try JSONDecoder().decode(PlanDescription.self, from: Data(result.output.utf8))
            #expect(plan.elements.contains { $0.name == "base" && $0.reasons == ["implied unless -n is given"] })
            #expect(result.status == (plan.isPossible ? 0 : 1))
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.string) == [])
        }
    }
}
