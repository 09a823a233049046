import BootTesting
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// Ironic's deploy kernel and ramdisk: the real agent in a Debian in memory, and an Ironic that hears of it.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("mmdebstrap"),
        .tool("pip3"), .tool("xorriso"), .tool("mformat")),
    .timeLimit(.minutes(150)))
struct AgentRamdiskTests {
    /// Where the agent's packages are kept: fetching them takes longer than installing them.
    private static let wheels = Checkout.root.appending(".build/boot-tests/agent-wheels")
    private static let ovmf = "/usr/share/OVMF/OVMF_CODE_4M.fd"

    @Test func thePairStartsItsAgent() async throws {
        try await withScratchDirectory { scratch in
            try build(in: scratch, api: "http://10.0.2.2:1")
            let test = try runTool(
                Checkout.ingot.string,
                [
                    "boot-test", "--timeout", "900", "--memory", "2560", "\(scratch)/ipa.initramfs", "--kernel",
                    "\(scratch)/ipa.kernel",
                ])
            #expect(test.status == 0, "\(test.output.suffix(4000))")
            let accelerator = try await AcceleratorProbe(runner: SubprocessRunner()).best(in: scratch).rawValue
            let pair = ["-kernel", "\(scratch)/ipa.kernel", "-initrd", "\(scratch)/ipa.initramfs"]
            let line = ["-append", "console=ttyS0 ipa-api-url=http://10.0.2.2:1"]
            let machine = try start(["-accel", accelerator] + pair + line, in: scratch, "52:54:00:00:00:01")
            defer { stop(machine) }
            // Only once the machine is online: systemd's word on its console, shortened in the middle.
            func console() -> String { (try? String(contentsOfFile: "\(scratch)/console", encoding: .utf8)) ?? "" }
            let isStarted = await eventually(within: .seconds(600)) {
                console().contains(/Started .*ironic-python-age.*deploys and cleans this machine/)
            }
            #expect(isStarted, "\(console().suffix(4000))")
        }
    }

    /// The same and a medium of it under UEFI, until the agent has told Ironic that it is there; takes an hour at worst.
    @Test(.requires(.optIn("INGOT_AGENT_TESTS"))) func theAgentFindsItsIronic() async throws {
        try await withScratchDirectory { scratch in
            // Two machines by their addresses, each a node of a name that only Ironic knows.
            let nodes = Dictionary(
                uniqueKeysWithValues: (1...2).map { ("52:54:00:00:00:0\($0)", UUID().uuidString.lowercased()) })
            let ironic = try WebServerDouble { .json(Self.answer($0.line, nodes: nodes)) }
            defer { ironic.stop() }
            let accelerator = try await AcceleratorProbe(runner: SubprocessRunner()).best(in: scratch).rawValue
            try build(in: scratch, api: "http://10.0.2.2:\(ironic.port)")
            let pair = ["-kernel", "\(scratch)/ipa.kernel", "-initrd", "\(scratch)/ipa.initramfs"]
            let line = ["-append", "console=ttyS0 ipa-api-url=http://10.0.2.2:\(ironic.port)"]
            try expectAgent(["-accel", accelerator] + pair + line, in: scratch, of: ironic, nodes, "52:54:00:00:00:01")
            // The medium has the agent's settings from its build. UEFI, and after it the distribution's loader.
            let variables = scratch.appending("variables")
            try SampleSystem.shell("cp /usr/share/OVMF/OVMF_VARS_4M.fd '\(variables)'")
            let medium = [
                "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(Self.ovmf)", "-drive",
                "if=pflash,unit=1,format=raw,file=\(variables)", "-cdrom", "\(scratch)/ipa.iso",
            ]
            try expectAgent(["-accel", accelerator] + medium, in: scratch, of: ironic, nodes, "52:54:00:00:00:02")
        }
    }

    /// Boots a machine, and waits for the agent's word that it is ready for the node that it was told it is.
    private func expectAgent(
        _ options: [String], in scratch: FilePath, of ironic: WebServerDouble, _ nodes: [String: String],
        _ address: String
    ) throws {
        let process = try start(options, in: scratch, address)
        defer { stop(process) }
        let lookup = ironic.request(within: 2400) { Self.isLookup($0.line, of: address) }
        let console = (try? String(contentsOfFile: "\(scratch)/console", encoding: .utf8)) ?? ""
        #expect(lookup != nil, "\(console.suffix(4000))")
        guard lookup != nil, let node = nodes[address] else { return }
        let beat = ironic.request(within: 1800) { $0.line == "POST /v1/heartbeat/\(node) HTTP/1.1" }
        #expect(beat?.body.contains("\"callback_url\": \"https://10.0.2.15:9999\"") == true)
    }

    private func start(_ options: [String], in scratch: FilePath, _ address: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments =
            [
                "-s", "KILL", "3600", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35", "-cpu",
                "max", "-m", "2560", "-display", "none", "-no-reboot", "-serial",
                "file:\(scratch)/console", "-device", "virtio-rng-pci", "-nic",
                "user,model=virtio-net-pci,mac=\(address)",
            ] + options
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func isLookup(_ line: String, of address: String) -> Bool {
        line.hasPrefix("GET /v1/lookup?") && line.contains(address.replacing(":", with: "%3A"))
    }

    /// As much of Ironic's API as the agent asks for when it starts.
    private static func answer(_ line: String, nodes: [String: String]) -> String {
        if let node = nodes.first(where: { isLookup(line, of: $0.key) })?.value {
            return """
                {"node": {"uuid": "\(node)", "properties": {}, "instance_info": {}, "driver_internal_info": {}},
                 "config": {"heartbeat_timeout": 300, "agent_token": "token", "agent_token_required": true,
                            "metrics": {}, "metrics_statsd": {}}}
                """
        }
        if line.contains("heartbeat") { return "{}" }
        return #"{"default_version": {"id": "v1", "version": "1.90", "min_version": "1.1"}, "versions": []}"#
    }

    private func build(in scratch: FilePath, api: String) throws {
        try SampleSystem.shell(
            """
            if [ ! -d '\(Self.wheels)' ]; then
                mkdir -p '\(Self.wheels).part'
                pip3 download --quiet --disable-pip-version-check --python-version 3.11 --only-binary :all: \\
                    --dest '\(Self.wheels).part' ironic-python-agent
                mv '\(Self.wheels).part' '\(Self.wheels)'
            fi
            """)
        // Bookworm's Python is that of the wheels.
        let variables = ProcessInfo.processInfo.environment.merging([
            "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0", "DIB_RELEASE": "bookworm",
            "DIB_DEBIAN_KERNEL": "linux-image-cloud-amd64", "DIB_IPA_COMPRESS_CMD": "gzip -1",
            "DIB_INSTALLTYPE_ironic_python_agent": "pip", "DIB_IPA_WHEELS": Self.wheels.string,
            "DIB_DEPLOY_ISO_KERNEL_CMDLINE_ARGS": "console=ttyS0 ipa-api-url=\(api)",
        ]) { _, new in new }
        let build = try runTool(
            Checkout.ingot.string,
            ["disk-image-create", "--checksum", "-o", "ipa", "debian-minimal", "ironic-agent", "iso"],
            environment: variables, directory: scratch.string)
        try #require(build.status == 0, "\(build.output.suffix(4000))")
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.string)
        let expected = ["ipa.initramfs", "ipa.kernel", "ipa.iso"].flatMap { [$0, $0 + ".md5", $0 + ".sha256"] }
        #expect(Set(expected).subtracting(names) == [])
        #expect(!names.contains("ipa.qcow2"))
    }
}
