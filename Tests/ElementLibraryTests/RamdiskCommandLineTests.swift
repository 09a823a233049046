import Foundation
import SystemPackage
import TestSupport
import Testing

/// Command lines for bare metal, planned as they stand; `DeployRamdiskTests` and `AgentRamdiskTests` build and boot some.
@Suite(.requires(.root, .loopDevices))
struct RamdiskCommandLineTests {
    @Test(
        "each is planned",
        arguments: [
            "ramdisk-image-create debian deploy-baremetal -o deploy-ramdisk",
            "ramdisk-image-create -o deploy debian-minimal deploy-kexec hwburnin hwdiscovery",
            "ramdisk-image-create -o deploy --ramdisk-element dracut-ramdisk debian-minimal deploy-targetcli deploy-baremetal",
            "ramdisk-image-create -o deploy --ramdisk-element dracut-ramdisk debian-minimal dracut-network",
            "disk-image-create -o ipa debian-minimal ironic-agent",
            "disk-image-create -o ipa debian ironic-python-agent-ramdisk iso dynamic-login",
            "disk-image-create -o debian debian-systemd baremetal iso",
            "disk-image-create -o debian debian vm cloud-ready",
        ])
    func planned(line: String) async throws {
        try await withScratchDirectory { scratch in
            let words = line.split(separator: " ").map(String.init)
            let result = try runTool(
                Checkout.ingot.string, [words[0], "--dry-run"] + words.dropFirst(),
                environment: [
                    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": scratch.string, "TMP_DIR": scratch.string,
                ], directory: scratch.string)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("This host can build it"), "\(result.output)")
            let known = ElementLibrary.elements.map(\.name)
            #expect(words.filter { known.contains($0) && !result.output.contains("  \($0) ") } == [])
        }
    }
}
