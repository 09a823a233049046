package import ArgumentParser
import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS

/// `ingot doctor`: says whether this host can build the given elements, and what mends it where it cannot.
///
/// The same checks as a plan's, run alone; a whole page of "prepare a creation host" as one command.
package struct DoctorCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check whether this host can build images, and say what to install where it cannot.",
        discussion: """
            Checks privileges, the kernel, tools, memory and disk space for the given elements and formats. Exits with \
            status 1 if something is missing without which the build cannot work.
            """)

    @Argument(help: "The elements to be built.")
    var elements = ["debian-minimal", "vm"]

    @Option(name: [.customShort("t"), .customLong("types")], help: "Output formats, separated by commas.")
    var formats = "qcow2"

    @Option(help: "Also ask this mirror whether it answers; takes up to five seconds.")
    var mirror: String?

    @Flag(help: "Print facts and checks as JSON.")
    var json = false

    package init() {}

    package func run() async throws {
        let environment = Environment(ProcessInfo.processInfo.environment)
        let report = await report(environment)
        if json {
            try DescriptorSink.standardOutput.write(DoctorText.json(report))
        } else {
            let terminal = Terminal(environment: environment)
            let lines = DoctorText(report: report, columns: terminal?.size().columns).lines
            let text = lines.map { $0.rendered(withColours: terminal?.hasColours ?? false) + "\n" }.joined()
            DescriptorSink.standardOutput.write(text)
        }
        if !report.canBuild { throw ExitCode.failure }
    }

    func report(_ environment: Environment) async -> DoctorReport {
        let names = formats.split(separator: ",").map(String.init)
        let (needs, refusal) = needs(formats: names, environment)
        let facts = HostProbe(environment: environment).facts(for: needs)
        var checks = [refusal].compactMap { $0 } + HostCheck.checks(facts, needs)
        if let mirror {
            let runner = SubprocessRunner()
            checks.append(await HostProbe.mirrorCheck(mirror, runner: runner, environment: environment))
        }
        return DoctorReport(elements: elements, facts: facts, checks: checks)
    }

    /// The plan's needs; if the elements cannot be planned, that is one more finding, and the names alone decide.
    private func needs(formats: [String], _ environment: Environment) -> (HostNeeds, HostCheck?) {
        do {
            return (HostProbe.needs(of: try plan(formats: formats, environment), boots: true), nil)
        } catch {
            var needs = HostNeeds(elements: elements, formats: formats, diskTools: ["mkfs", "mkfs.ext4"])
            needs.filesystems = ["ext4"]
            return (needs, HostCheck("elements", .missing, "\(error)", remedy: (error as? PlanError)?.hint))
        }
    }

    private func plan(formats: [String], _ environment: Environment) throws -> BuildPlan {
        guard let resources = ResourceLocator(share: environment["INGOT_SHARE"]) else {
            throw PlanError(
                "the elements that belong to this program were not found",
                hint: "install it with 'make install', or set INGOT_SHARE to the directory that holds 'elements'")
        }
        var request = BuildRequest(mode: .native, environment: environment, machine: HostProbe.machine)
        request.elements = elements
        request.formats = try DiskImageOptions.formats(formats.joined(separator: ","))
        return try BuildPlan.load(
            request, builtinElements: resources.elements, memoryAvailable: HostProbe.memoryAvailable)
    }
}
