import Basics
import Foundation
import ImageAssembly
import ImagePlanning
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// Whole plans of the elements of this checkout, as text: a change of an element, an order or a default shows here.
@Suite struct PlanGoldenTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let line: String
        var environment: [String: String] = [:]
        var memory: ByteCount = .gibibytes(16)
        var testDescription: String { name }
    }

    private static let ownLayout = """
        - local_loop: {name: image0, size: 3GiB}
        - partitioning:
            base: image0
            label: mbr
            partitions:
              - name: boot
                flags: [boot, primary]
                size: 256MiB
                mkfs: {type: ext2, label: BOOT, mount: {mount_point: /boot, fstab: {options: noatime, fsck-passno: 2}}}
              - name: swap
                type: 0x82
                size: 10%
                mkfs: {type: swap, mount: {mount_point: swap, fstab: {options: sw, fsck-passno: 0}}}
              - name: root
                size: 100%
                mkfs: {mount: {mount_point: /, fstab: {options: "defaults,discard", fsck-passno: 1}}}
        """

    static let cases: [Case] = [
        Case(name: "debian-vm", line: "-o debian debian-minimal vm"),
        Case(name: "debian-vm-everything", line: "-x -o debian debian-minimal vm"),
        Case(name: "gpt", line: "-o debian.qcow2 --image-size 1.5 debian-minimal vm block-device-gpt"),
        Case(name: "own-layout", line: "debian-minimal vm", environment: ["DIB_BLOCK_DEVICE_CONFIG": ownLayout]),
        Case(name: "without-base", line: "-n debian-minimal vm"),
        Case(name: "packages", line: "-p htop,tmux -p curl debian-minimal vm"),
        Case(name: "tar-only", line: "-t tar -o tree debian-minimal"),
        Case(name: "raw-and-qcow2", line: "-t raw,qcow2 -o out/debian --checksum debian-minimal vm"),
        Case(
            name: "offline", line: "--offline --image-extra-size 300 --mkfs-journal-size 16 debian-minimal vm",
            environment: ["DIB_OFFLINE": "0"]),
        Case(name: "arm64", line: "-a arm64 debian-minimal vm"),
        Case(name: "no-tmpfs", line: "--no-tmpfs debian-minimal vm", environment: ["TMPDIR": "/big"]),
        Case(name: "little-memory", line: "debian-minimal vm", memory: .gibibytes(3)),
        Case(
            name: "cloud",
            line: "-u --root-label r debian-minimal vm cloud-init-nocloud growroot openssh-server devuser "
                + "dhcp-all-interfaces",
            environment: ["IMAGE_ELEMENT": "enable-serial-console", "DIB_DEV_USER_PASSWORD": "correct horse"]),
    ]

    @Test("plans are what they were", arguments: cases)
    func text(testCase: Case) throws {
        let (preparation, presentation, request) = try prepare(testCase)
        #expect(!presentation.isDryRun)
        let lines = PlanText(plan: PlanDescription(preparation), showsAll: request.traceLevel > 0).lines
        try expectGolden(stable(lines.map { $0.plainText + "\n" }.joined(), preparation), "plan-\(testCase.name).txt")
    }

    @Test func jsonHasEverything() throws {
        let (preparation, _, _) = try prepare(Case(name: "json", line: "-o debian debian-minimal vm"))
        try expectGolden(stable(try PlanDescription(preparation).json(), preparation), "plan-debian-vm.json")
    }

    @Test func equalRequestsGiveEqualPlans() throws {
        for testCase in Self.cases {
            let json = try (0..<3).map { _ in try PlanDescription(prepare(testCase).0).json() }
            #expect(Set(json).count == 1)
        }
    }

    @Test func aPoorHostIsToldWhatIsMissing() throws {
        var request = BuildRequest(mode: .native, environment: Environment(Self.caller), machine: "x86_64")
        request.elements = ["debian-minimal", "vm"]
        let preparation = try prepare(request, memory: .gibibytes(1)) { _ in
            HostFacts(
                effectiveUserID: 1000, kernelRelease: "6.1.0", machine: "x86_64", distribution: Self.debian,
                tools: ["bash": "/bin/bash"], memoryTotal: .gibibytes(2), memoryAvailable: .gibibytes(1))
        }
        let plan = PlanDescription(preparation)
        #expect(!plan.isPossible)
        let lines = PlanText(plan: plan).lines.map(\.plainText)
        let host = lines.drop { !$0.hasPrefix("This host") }.joined(separator: "\n") + "\n"
        try expectGolden(host, "plan-poor-host.txt")
        let error = #expect(throws: PlanError.self) { try preparation.refuseUnlessPossible() }
        #expect(error?.hint == "sudo " + (plan.installCommand?.dropFirst("sudo ".count) ?? ""))
    }

    @Test func secretsOfTheCallerAreNotPrinted() throws {
        let cloud = try #require(Self.cases.last)
        let (preparation, _, _) = try prepare(cloud)
        #expect(!(try PlanDescription(preparation).json().contains("correct horse")))
    }

    @Test func anUnknownElementIsReportedWithTheNearestOne() throws {
        let error = #expect(throws: (any Error).self) { try prepare(Case(name: "typo", line: "debian-minimal wm")) }
        let report = ErrorReport(try #require(error)).failure
        #expect(report.summary == "Element 'wm' not found")
        #expect(report.hint == "did you mean 'vm'?")
    }

    // MARK: a host that is like no other, so that goldens are alike on all

    private static let debian = HostFacts.Distribution(identifier: "debian", codename: "bookworm", name: "Debian 12")
    private static let caller = [
        "HOME": "/root", "PATH": "/usr/bin:/bin", "USER": "root", "LS_COLORS": "di=01;34", "SHLVL": "1",
        "http_proxy": "http://proxy:3128",
    ]

    private func prepare(_ testCase: Case) throws -> (BuildPreparation, BuildPresentation, BuildRequest) {
        let environment = Environment(Self.caller.merging(testCase.environment) { $1 })
        let outcome = try DiskImageOptions.interpret(
            testCase.line.split(separator: " ").map(String.init), program: "ingot plan", mode: .native,
            environment: environment, machine: "x86_64")
        guard case .build(let request, let presentation) = outcome else { throw PlanError("not a build") }
        let preparation = try prepare(request, memory: testCase.memory) { needs in
            HostFacts(
                effectiveUserID: 0, kernelRelease: "6.1.0", machine: "x86_64", distribution: Self.debian,
                filesystems: needs.filesystems, hasLoopControl: true, hasNamespaces: true,
                tools: Dictionary(uniqueKeysWithValues: needs.toolNames.map { ($0, "/usr/bin/\($0)") }),
                libraries: needs.libraries.keys,
                memoryTotal: .gibibytes(16), memoryAvailable: testCase.memory,
                freeSpace: Dictionary(uniqueKeysWithValues: needs.space.map { ($0.directory, .gibibytes(20)) }),
                runsForeignPrograms: needs.architecture?.name == "amd64" ? nil : true,
                keyrings: needs.keyrings.keys)
        }
        return (preparation, presentation, request)
    }

    private func prepare(
        _ request: BuildRequest, memory: ByteCount, facts: (HostNeeds) -> HostFacts
    ) throws -> BuildPreparation {
        let resources = try #require(ResourceLocator(share: Checkout.root.string))
        return try BuildPreparation(request, resources: resources, memoryAvailable: memory, facts: facts)
    }

    private func stable(_ text: String, _ preparation: BuildPreparation) -> String {
        text.replacing(preparation.resources.programPaths.executable, with: "/usr/bin/ingot")
            .replacing(Checkout.root.string, with: "/ingot")
    }
}
