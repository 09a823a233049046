import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Bills of materials and provenance of whole builds.
    @Suite struct Documents {
        private func prepare(_ sandbox: BuildSandbox) throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            try sandbox.addElement("small-os", ["element.yaml": "summary: Small.\ninputs: []\n"])
            try sandbox.addElement("it", ["element.yaml": "summary: It.\ninputs: []\n"])
            try sandbox.addHook("it", "install.d/10-first", package("one", "1.0-1", replacing: true))
            try sandbox.addHook("it", "install.d/20-second", package("two", "1:2.0", replacing: false))
            try sandbox.addHook("it", "finalise.d/30-third", package("three", "3", replacing: false))
        }

        /// What dpkg leaves of a package.
        private func package(_ name: String, _ version: String, replacing: Bool) -> String {
            """
            mkdir -p /var/lib/dpkg/info
            printf 'Package: \(name)\\nStatus: install ok installed\\nArchitecture: all\\nVersion: \(version)\\n\\n' \
            \(replacing ? ">" : ">>") /var/lib/dpkg/status
            echo /. > /var/lib/dpkg/info/\(name).list
            """
        }

        private func object(_ sandbox: BuildSandbox, _ name: String) throws -> [String: Any] {
            let data = try Data(contentsOf: URL(filePath: sandbox.file(name).string))
            return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        @Test func `documents name the packages, who installed them, what was built and of what`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                let changes: [String: String?] = [
                    "SOURCE_DATE_EPOCH": "1700000000", "DIB_COLOUR": "blue", "DIB_MY_TOKEN": "sesame-open",
                ]
                let build = ["build", "-n", "-t", "tar", "-o", "x", "--sbom", "spdx,cyclonedx", "--provenance"]
                func run() async throws {
                    try await sandbox.start(build + ["small-os", "it"], environment: changes).result().expectStatus(0)
                }
                try await run()
                let names = ["x.spdx.json", "x.cdx.json", "x.provenance.json"]
                let first = try names.map { try sandbox.text($0) }
                #expect(!first.joined().contains("sesame-open"))
                let bill = try #require(try object(sandbox, "x.cdx.json")["components"] as? [[String: Any]])
                #expect(
                    bill.map { $0["purl"] as? String } == [
                        "pkg:deb/one@1.0-1?arch=all", "pkg:deb/three@3?arch=all", "pkg:deb/two@1:2.0?arch=all",
                    ])
                #expect(first[0].components(separatedBy: "installed by element it, hook install/10-first").count == 2)
                #expect(first[0].components(separatedBy: "installed by element it, hook install/20-second").count == 2)
                let statement = try object(sandbox, "x.provenance.json")
                let subject = try #require((statement["subject"] as? [[String: Any]])?.first)
                let digest = try runTool("sha256sum", [sandbox.file("x.tar").string]).output.prefix(64)
                #expect((subject["digest"] as? [String: String])?["sha256"] == String(digest))
                #expect(first[2].contains("\"DIB_COLOUR\" : \"blue\""))
                #expect(first[2].contains("urn:ingot:element:it"))
                // Equal builds, equal documents; and an element that changes is another material.
                try await run()
                let again = try names.map { try sandbox.text($0) }
                #expect(again[1].contains("\"serialNumber\""))
                #expect(
                    try object(sandbox, "x.provenance.json")["predicateType"] as? String
                        == "https://slsa.dev/provenance/v1")
                try sandbox.addElement("it", ["README": "other\n"])
                try await run()
                #expect(try sandbox.text("x.provenance.json") != again[2])
            }
        }

        @Test func `the bill of an image that exists is read from the image, its hooks from the record`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                try await sandbox.start(["build", "-n", "-t", "tar,raw", "-o", "x", "small-os", "it"]).result()
                    .expectStatus(0)
                for image in ["x.tar", "x.raw"] {
                    let result = try await sandbox.start(["image", "sbom", "--format", "cyclonedx", image]).result()
                    result.expectStatus(0)
                    #expect(result.output.contains("\"pkg:deb/two@1:2.0?arch=all\""), "\(image)")
                    #expect(result.output.contains("\"install/20-second\""), "\(image)")
                }
                // Of a disk, to anybody.
                let words = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Checkout.ingot.string]
                for folder in [sandbox.path, sandbox.output] { chmod(folder.string, 0o755) }
                let program = FilePath("/usr/bin/setpriv")
                let mine = try await sandbox.start(program: program, words + ["image", "sbom", "x.raw"]).result()
                mine.expectStatus(0)
                #expect(mine.output.contains("pkg:deb/two@1:2.0?arch=all"))
                try FileManager.default.removeItem(atPath: sandbox.file("x.build.json").string)
                let bare = try await sandbox.start(["image", "sbom", "x.tar"]).result()
                bare.expectStatus(0)
                #expect(bare.output.contains("SPDX-2.3") && !bare.output.contains("20-second"))
            }
        }

        @Test func `bad requests are refused before anything is done`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                for (options, changes, words) in [
                    (["--sbom", "cdx"], [:], "--sbom needs 'spdx', 'cyclonedx' or both, not 'cdx'"),
                    ([], ["INGOT_SBOM": "spdx,"], "not 'spdx,'"),
                    (["--provenance", "-t", "raw"], ["SOURCE_DATE_EPOCH": "today"], "SOURCE_DATE_EPOCH 'today'"),
                ] as [([String], [String: String?], String)] {
                    let arguments = ["build", "-n", "-o", "x"] + options + ["small-os", "it"]
                    let result = try await sandbox.start(arguments, environment: changes).result()
                    result.expectStatus(1)
                    #expect(result.output.contains(words))
                    #expect(try sandbox.names(in: sandbox.output).isEmpty)
                }
            }
        }
    }
}
