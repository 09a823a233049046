import Basics
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import TreeFormats

/// Images as skopeo and umoci read them.
@Suite(.requires(.root, .tool("skopeo"), .tool("umoci"), .tool("setfacl"), .tool("setcap")))
struct OCIArchiveTests {
    private func image(
        _ compression: OCIArchive.Compression = .gzip, reference: String = "latest", created: Int? = nil,
        _ change: (inout ContainerConfiguration) -> Void = { _ in }
    ) -> OCIArchive {
        var configuration = ContainerConfiguration()
        change(&configuration)
        return OCIArchive(
            architecture: Architecture("amd64"), configuration: configuration, reference: reference,
            compression: compression, created: created)
    }

    private func write(_ image: OCIArchive, of tree: FilePath, to file: FilePath) throws {
        try TarOutputs(tree: tree, [.oci(file, image)]).write()
    }

    @Test("umoci unpacks the tree", arguments: OCIArchive.Compression.allCases)
    func unpacked(compression: OCIArchive.Compression) async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            // umoci knows no access control lists, and keeps overlayfs's attributes to itself.
            try tree.change("setfacl -R -b -k . && setfattr -x trusted.overlay.opaque sub/mnt")
            let file = root.appending("x.oci")
            try write(image(compression), of: tree.path, to: file)
            let copy = try runTool(
                "skopeo", ["copy", "-q", "oci-archive:\(file)", "oci:\(root)/layout:golden"])
            #expect(copy.status == 0, "\(copy.output)")
            // umoci 0.4.7 knows no zstd; skopeo's copy is then proof enough of the digests.
            if compression == .zstd { return }
            let unpack = try runTool("umoci", ["unpack", "--image", "\(root)/layout:golden", "\(root)/bundle"])
            #expect(unpack.status == 0, "\(unpack.output)")
            let target = root.appending("bundle/rootfs")
            let differences = try tree.differences(from: target)
            #expect(differences == "")
        }
    }

    @Test func skopeoReadsTheConfigurationThatWasAskedFor() async throws {
        try await withScratchDirectory { root in
            let file = root.appending("x.oci")
            try FileManager.default.createDirectory(atPath: "\(root)/tree/bin", withIntermediateDirectories: true)
            let wanted = image(reference: "registry.example/golden:12", created: 1_700_000_000) {
                $0.entrypoint = ["/bin/init", "a b"]
                $0.command = ["--verbose"]
                $0.environment = ["PATH=/bin", "LANG=C"]
                $0.user = "1000:1000"
                $0.workingDirectory = "/srv"
                $0.exposedPorts = ["80/tcp"]
                $0.labels = ["maintainer": "me"]
            }
            try write(wanted, of: root.appending("tree"), to: file)
            let text = try runTool("skopeo", ["inspect", "--config", "oci-archive:\(file)"]).output
            let config = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
            #expect(config.architecture == "amd64" && config.os == "linux")
            #expect(config.created == "2023-11-14T22:13:20Z")
            #expect(
                config.config
                    == Answer.Config(
                        User: "1000:1000", ExposedPorts: ["80/tcp": [:]], Env: ["PATH=/bin", "LANG=C"],
                        Entrypoint: ["/bin/init", "a b"], Cmd: ["--verbose"], WorkingDir: "/srv",
                        Labels: ["maintainer": "me"]))
            let index = try runTool("tar", ["-xOf", file.string, "index.json"]).output
            #expect(index.contains(#""org.opencontainers.image.ref.name":"registry.example/golden:12""#))
        }
    }

    @Test func equalTreesGiveEqualImages() async throws {
        try await withScratchDirectory { root in
            let tree = try SampleTree(at: root.appending("tree"))
            for name in ["a", "b"] { try write(image(), of: tree.path, to: root.appending(name)) }
            #expect(try runTool("cmp", ["\(root)/a", "\(root)/b"]).output == "")
        }
    }

    @Test(
        "other names of architectures become Go's",
        arguments: [
            ("amd64", "amd64 nil"), ("x86_64", "amd64 nil"), ("arm64", "arm64 v8"), ("aarch64", "arm64 v8"),
            ("armhf", "arm v7"), ("i386", "386 nil"), ("ppc64el", "ppc64le nil"), ("s390x", "s390x nil"),
        ])
    func platforms(name: String, expected: String) {
        let platform = Platform(Architecture(name))
        #expect("\(platform.architecture) \(platform.variant ?? "nil")" == expected)
    }

    @Test func sizesBeyondEightGibibytesStandInTheHeaderInBinary() {
        let header = TarHeader(name: "blobs/sha256/x", size: 0x2_0000_0000).bytes
        #expect(Array(header[124..<136]) == [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0])
    }

    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Answer: Decodable {
        struct Config: Decodable, Equatable {
            let User: String
            let ExposedPorts: [String: [String: String]]
            let Env: [String]
            let Entrypoint: [String]
            let Cmd: [String]
            let WorkingDir: String
            let Labels: [String: String]
        }

        let created: String
        let architecture: String
        let os: String
        let config: Config
    }
}
