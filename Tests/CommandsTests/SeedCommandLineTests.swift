import Foundation
import SystemPackage
import TestSupport
import Testing

/// Command lines that people have published in guides for diskimage-builder, as they stand there.
///
/// With our elements as far as those exist, and with upstream's; names that neither has get a clear message. What they say
/// is only planned here; `SeedBuildTests` builds the Debian ones.
@Suite struct SeedCommandLineTests {
    /// From a site's guide (CentOS 7, of which upstream has no element any more).
    static let centos = [
        "--no-tmpfs -o centos7 --image-size 10 vm centos7",
        "--no-tmpfs -o centos7 --image-size 10 vm centos7 -p apache2,mysql-server",
    ]
    /// Names from the same guide for releases that have no image any more: there the user brings one.
    static let ownImage = ["centos6", "scientific6", "scientific7"].map {
        "--no-tmpfs -o \($0) --image-size 10 vm \($0)"
    }
    /// From the documentation of OpenStack's Bare Metal service.
    static let ubuntu = [
        "ubuntu baremetal dhcp-all-interfaces grub2 -o my-image", "ubuntu vm dhcp-all-interfaces -o my-image",
        "ubuntu vm block-device-efi dhcp-all-interfaces -o my-image",
    ]

    private func dryRun(_ line: String, _ environment: [String: String] = [:]) async throws -> ToolResult {
        try await withScratchDirectory { scratch in
            var variables = [
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": scratch.string, "TMP_DIR": scratch.string,
            ]
            variables.merge(environment) { $1 }
            let words = line.split(separator: " ").map(String.init)
            let result = try runTool(
                Checkout.ingot.string, ["disk-image-create", "--dry-run"] + words, environment: variables,
                directory: scratch.string)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: scratch.string) == [], "a dry run writes nothing")
            return result
        }
    }

    @Test(
        "each is planned with our elements, as it stands", .requires(.root, .loopDevices),
        arguments: centos + ownImage + ubuntu)
    func ours(line: String) async throws {
        let result = try await dryRun(line, ["DIB_LOCAL_IMAGE": "/dev/null"])
        #expect(result.output.contains("This host can build it"), "\(result.output)")
        let words = line.split(separator: " ")
        let name = words.firstIndex(of: "-o").map { words[$0 + 1] } ?? ""
        #expect(result.output.contains("\(name).qcow2"))
        #expect(result.status == 0)
    }

    @Test(
        "an element that is not there is named at once, with what to do",
        arguments: (centos + ubuntu).map { $0.replacing(/\b(centos7|ubuntu)\b/, with: "no-such-system") })
    func missing(line: String) async throws {
        let result = try await dryRun(line)
        #expect(result.output.hasPrefix("error: Element 'no-such-system' not found\nhint: "), "\(result.output)")
        #expect(result.status == 1)
    }

    @Test("a base image that is not there is told before anything is done", .requires(.root, .loopDevices))
    func noBaseImage() async throws {
        let result = try await dryRun("ubuntu vm -o my-image", ["DIB_LOCAL_IMAGE": "/nonexistent/golden.qcow2"])
        #expect(result.output.contains("cannot read '/nonexistent/golden.qcow2': No such file or directory"))
        #expect(!result.output.contains("This host can build it"))
    }

    @Test("the ramdisk of the Bare Metal service is planned", .requires(.root, .loopDevices))
    func ramdisk() async throws {
        try await withScratchDirectory { scratch in
            let result = try runTool(
                Checkout.ingot.string,
                ["ramdisk-image-create", "--dry-run", "-o", "deploy", "ubuntu", "deploy-baremetal"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": scratch.string],
                directory: scratch.string)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.contains("deploy-baremetal") && result.output.contains("ubuntu-common"))
        }
    }

    @Test(
        "with upstream's elements, each is planned as it stands",
        .requires(
            .optIn("INGOT_UPSTREAM_TESTS"), .root, .loopDevices, .tool("pip3")), .timeLimit(.minutes(5)))
    func upstreams() async throws {
        try await withScratchDirectory { scratch in
            let fetched = try runTool(
                "pip3",
                ["install", "-q", "--no-deps", "--no-compile", "--target", scratch.string, "diskimage-builder==3.43.0"])
            try #require(fetched.status == 0, "\(fetched.output)")
            let library = ["ELEMENTS_PATH": scratch.appending("diskimage_builder/elements").string]
            for line in Self.ubuntu {
                let result = try await dryRun(line, library)
                #expect(result.output.contains("my-image.qcow2"), "\(line): \(result.output)")
                #expect(result.status == 0, "\(line)")
            }
            for line in Self.centos {
                let result = try await dryRun(line, library)
                // Upstream has dropped it; ours stands behind upstream's.
                #expect(result.output.contains("centos7.qcow2"), "\(result.output)")
                #expect(result.status == 0)
            }
        }
    }
}
