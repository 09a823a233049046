import Foundation
import SystemPackage
import TestSupport
import Testing

/// Real images of Debian, from a lock, with the network cut: the same bytes from another user on another host.
@Suite(
    .requires(.optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("mmdebstrap"), .tool("curl"), .documentJudges),
    .timeLimit(.minutes(60)))
struct DebianProofTests {
    @Test func equalBytesFromALockWithoutANetwork() async throws { try await proves(["debian-minimal", "vm"]) }

    @Test(.requires(.optIn("INGOT_LONG_TESTS"))) func equalBytesOfACloudImage() async throws {
        try await proves(["debian", "vm", "block-device-efi", "cloud-ready"])
    }

    private func proves(_ elements: [String]) async throws {
        try await withScratchDirectory { scratch in
            let variables = ProcessInfo.processInfo.environment.merging([
                "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0", "INGOT_STORE": "\(scratch)/store",
                // The mirror of a test may be a copy of some day.
                "DIB_APT_CHECK_VALID_UNTIL": "0",
            ]) { _, new in new }
            func run(_ words: [String]) throws -> ToolResult {
                try runTool("/usr/bin/env", words, environment: variables, directory: scratch.string)
            }
            let program = Checkout.ingot.string
            let locked = try run([program, "lock", "--plain", "-o", "d"] + elements)
            try #require(locked.status == 0, "\(locked.output.suffix(4000))")
            let proof = try run(
                ["unshare", "--net", program, "prove", "--builds", "3", "--locked", "d.lock.json", "--keep", "proof"]
                    + elements)
            #expect(proof.status == 0, "\(proof.output.suffix(4000))")
            #expect(proof.output.contains("3 builds, all equal"))
            try expectBill(of: scratch.appending("proof/build1/out/image.raw"), scratch)
        }
    }

    /// The bill of the image: whole, attributed, and valid.
    private func expectBill(of image: FilePath, _ scratch: FilePath) throws {
        let bill = try runTool(Checkout.ingot.string, ["image", "sbom", "--format", "cyclonedx", image.string])
        try #require(bill.status == 0, "\(bill.output.suffix(2000))")
        let value = try #require(try JSONSerialization.jsonObject(with: Data(bill.output.utf8)) as? [String: Any])
        let components = try #require(value["components"] as? [[String: Any]])
        let names = Set(components.compactMap { $0["name"] as? String })
        #expect(names.isSuperset(of: ["libc6", "dpkg", "systemd", "grub2-common"]))
        let attributed = components.filter { component in
            (component["properties"] as? [[String: String]])?.contains { $0["name"] == "ingot:hook" } == true
        }
        #expect(attributed.count > components.count * 9 / 10)
        let file = scratch.appending("bill")
        try bill.output.write(toFile: file.string, atomically: true, encoding: .utf8)
        let judge = """
            import sys
            from cyclonedx.schema import SchemaVersion
            from cyclonedx.validation.json import JsonStrictValidator
            error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
            sys.exit(repr(error) if error else 0)
            """
        #expect(try runTool(HostAbility.judges, ["-c", judge, file.string]) == ToolResult(status: 0, output: ""))
    }
}
