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

    @Flag(
        help:
            "Also ask the mirrors that the build would use (DIB_DISTRIBUTION_MIRROR, or the host's own); takes up to five seconds each."
    )
    var mirror = false

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
        let (plan, refusal) = plan(formats: names, environment)
        let needs = plan.map { HostProbe.needs(of: $0, boots: true) } ?? Self.needs(ofNames: elements, formats: names)
        let facts = HostProbe(environment: environment).facts(for: needs)
        var checks = [refusal].compactMap { $0 } + HostCheck.checks(facts, needs)
        if mirror, let plan { checks += await MirrorChecks(plan: plan, runner: SubprocessRunner()).checks() }
        return DoctorReport(elements: elements, facts: facts, checks: checks)
    }

    /// If the elements cannot be planned, that is one more finding.
    private func plan(formats: [String], _ environment: Environment) -> (BuildPlan?, HostCheck?) {
        do {
            return (try plan(ofFormats: formats, environment), nil)
        } catch {
            return (nil, HostCheck("elements", .missing, "\(error)", remedy: ErrorReport(error).failure.hint))
        }
    }

    /// What the names alone tell, without a plan.
    private static func needs(ofNames elements: [String], formats: [String]) -> HostNeeds {
        var needs = HostNeeds(elements: elements, formats: formats, diskTools: ["mkfs", "mkfs.ext4"])
        needs.filesystems = ["ext4"]
        return needs
    }

    private func plan(ofFormats formats: [String], _ environment: Environment) throws -> BuildPlan {
        guard let resources = ResourceLocator(share: environment["INGOT_SHARE"]) else {
            throw PlanError(
                "the elements that belong to this program were not found",
                hint: "install it with 'make install', or set INGOT_SHARE to the directory that holds 'elements'")
        }
        var request = BuildRequest(mode: .native, environment: environment, machine: HostProbe.machine)
        request.elements = elements
        request.formats = try DiskImageOptions.formats(formats.joined(separator: ","))
        request.dockerTarget = "doctor"
        return try BuildPlan.load(
            HostProbe.adapted(request), builtinElements: resources.elements, memoryAvailable: HostProbe.memoryAvailable,
            offlineTypes: HostProbe.offlineTypes)
    }
}
