import Basics
import BlockDevices
import Elements
import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

/// Which layout a build uses (compat-core section 3.5).
@Suite struct BlockDeviceDocumentTests {
    @Test(
        "an architecture's own file is looked for first",
        arguments: [
            ("amd64", "block-device-amd64.yaml"), ("ppc64le", "block-device-ppc64el.yaml"),
            ("ppc64el", "block-device-ppc64el.yaml"), ("ppc64", "block-device-ppc64.yaml"),
            ("64", "block-device-64.yaml"),
        ])
    func fileNames(architecture: String, first: String) {
        let names = BlockDeviceDocument.fileNames(for: Architecture(architecture))
        #expect(names == [first, "block-device-default.yaml"])
    }

    private func choice(
        of files: [String], environment: [String: String] = [:], architecture: String = "amd64"
    ) async throws -> (log: [String], text: String) {
        try await withScratchDirectory { root in
            for file in files {
                let path = root.appending(file)
                try FileManager.default.createDirectory(
                    atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
                try file.write(toFile: path.string, atomically: true, encoding: .utf8)
            }
            let elements = ["a", "b"].map {
                Element(name: ElementName($0), path: root.appending($0), dependencies: [], provides: [])
            }
            let document = try BlockDeviceDocument.load(
                environment: Environment(environment.mapValues { $0.replacing("ROOT", with: root.string) }),
                elements: elements, architecture: Architecture(architecture))
            return (document.logLines.map { $0.replacing(root.string, with: "ROOT") }, document.text)
        }
    }

    @Test func theVariableWinsOverEveryElement() async throws {
        let inline = try await choice(
            of: ["a/block-device-default.yaml"], environment: ["DIB_BLOCK_DEVICE_CONFIG": "text"])
        #expect(inline.log == ["User specified block-device config from DIB_BLOCK_DEVICE_CONFIG"])
        #expect(inline.text == "text")
        let file = try await choice(
            of: ["a/block-device-default.yaml", "mine.yaml"],
            environment: ["DIB_BLOCK_DEVICE_CONFIG": "file://ROOT/mine.yaml"])
        #expect(file.log == ["Using file-based block-device config: ROOT/mine.yaml"])
        #expect(file.text == "mine.yaml")
    }

    @Test func theFirstElementThatHasALayoutWins() async throws {
        let both = ["a/block-device-default.yaml", "b/block-device-amd64.yaml"]
        #expect(try await choice(of: both).text == "a/block-device-default.yaml")
        let own = ["a/block-device-arm64.yaml", "b/block-device-default.yaml", "b/block-device-amd64.yaml"]
        #expect(try await choice(of: own).log == ["Using block-device config: ROOT/b/block-device-amd64.yaml"])
        #expect(try await choice(of: own, architecture: "arm64").text == "a/block-device-arm64.yaml")
    }

    /// Upstream matches by substring, so that big-endian ppc64 got the little-endian file (wart 13.40).
    @Test func bigEndianPOWERDoesNotGetTheLittleEndianLayout() async throws {
        let files = ["a/block-device-ppc64el.yaml", "a/block-device-default.yaml"]
        #expect(try await choice(of: files, architecture: "ppc64le").text == "a/block-device-ppc64el.yaml")
        #expect(try await choice(of: files, architecture: "ppc64").text == "a/block-device-default.yaml")
    }

    @Test func withoutAnyLayoutTheWholeDiskIsTheRoot() async throws {
        let fallback = try await choice(of: [])
        #expect(fallback.log == ["Using default block-device fallback config"])
        let plan = try plan(request { $0.elements = ["debian-minimal"] })
        #expect(plan.document.text == fallback.text)
        #expect(
            plan.graph.orderedNodes.map(\.name) == ["image0", "mkfs_root", "mount_mkfs_root", "fstab_mount_mkfs_root"])
        #expect(
            plan.blockDevice.pairs.map { "\($0.name)=\($0.value)" } == [
                "DIB_ROOT_LABEL=cloudimg-rootfs", "DIB_ROOT_FSTYPE=ext4", "DIB_BOOT_LABEL=", "DIB_MOUNTPOINTS=/",
            ])
    }
}
