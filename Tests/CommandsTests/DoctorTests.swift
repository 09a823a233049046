import ArgumentParser
import Basics
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

@testable import Commands

@Suite struct DoctorTests {
    private static let distribution = HostFacts.Distribution(identifier: "debian", codename: "bookworm")

    private var poorHost: DoctorReport {
        let facts = HostFacts(
            effectiveUserID: 1000, kernelRelease: "6.1.0", machine: "x86_64", distribution: Self.distribution,
            tools: [
                "bash": "/usr/bin/bash", "tar": "/usr/bin/tar", "find": "/usr/bin/find", "mount": "/usr/bin/mount",
            ],
            memoryTotal: .gibibytes(4), memoryAvailable: .gibibytes(3), freeSpace: ["/tmp": .gibibytes(2)])
        var needs = HostNeeds(
            elements: ["debian-minimal", "debootstrap"], formats: ["qcow2", "qed"], diskTools: ["mkfs.ext4"])
        needs.filesystems = ["ext4"]
        needs.space = [HostNeeds.Space(directory: "/tmp", bytes: .gibibytes(4), content: "temporary trees")]
        needs.boots = true
        return DoctorReport(elements: ["debian-minimal", "vm"], facts: facts, checks: HostCheck.checks(facts, needs))
    }

    private func text(_ report: DoctorReport, columns: Int?) -> String {
        DoctorText(report: report, columns: columns).lines.map { $0.plainText + "\n" }.joined()
    }

    @Test func aPoorHostIsToldEveryMissAndOneInstallCommand() throws {
        #expect(!poorHost.canBuild)
        try expectGolden(text(poorHost, columns: nil), "doctor-poor.txt")
    }

    @Test func theReportFitsATerminal() throws {
        let text = text(poorHost, columns: 80)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.contains("apt-get") })
        try expectGolden(text, "doctor-poor-80.txt")
    }

    @Test func jsonHasTheSameFindings() throws {
        try expectGolden(DoctorText.json(poorHost), "doctor-poor.json")
    }

    @Test func warningsDoNotKeepAHostFromBuilding() {
        let report = DoctorReport(
            elements: ["x"], facts: HostFacts(distribution: Self.distribution),
            checks: [HostCheck("a", .ok, "fine"), HostCheck("b", .warning, "slow", remedy: "hurry")])
        #expect(report.canBuild)
        #expect(
            text(report, columns: nil) == """
                ok       a  fine
                warning  b  slow
                            mend: hurry

                This host can build x: 1 warning.

                """)
    }

    @Test func aWholeHostIsToldSoInOneSentence() {
        let report = DoctorReport(elements: ["x", "y"], facts: HostFacts(), checks: [HostCheck("a", .ok, "fine")])
        #expect(text(report, columns: nil).hasSuffix("\nThis host can build x y.\n"))
    }

    @Test func theCommandAsksForWhatTheResolvedElementsNeed() async throws {
        try await withScratchDirectory { share in
            for (path, text) in [
                ("elements/os/element-provides", "operating-system\n"), ("elements/os/element-deps", "cache-url\n"),
                ("elements/cache-url/README", ""), ("elements/base/README", ""), ("Resources/lib/dib-run-parts", ""),
            ] {
                let file = URL(fileURLWithPath: share.appending(path).string)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file)
            }
            var environment = Environment(ProcessInfo.processInfo.environment)
            environment["INGOT_SHARE"] = share.string
            environment["ELEMENTS_PATH"] = nil
            var command = try DoctorCommand.parse(["os", "-t", "qed"])
            let titles = await command.report(environment).checks.map(\.title)
            let refusal = await command.report(environment).checks.first { $0.title == "elements" }
            #expect(refusal == nil)
            for title in ["curl", "qemu-img", "mkfs.ext4"] {
                #expect(titles.contains(title), "\(title) of \(titles)")
            }
            command.formats = "qcow2,vhd,vmdk"
            let needsItForOurs = await command.report(environment).checks.map(\.title).contains("qemu-img")
            #expect(!needsItForOurs)
            command.elements = ["no-such-element"]
            let check = await command.report(environment).checks.first
            #expect(check?.title == "elements" && check?.status == .missing)
            #expect(check?.detail.contains("no-such-element") == true)
        }
    }
}
