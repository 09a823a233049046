import Foundation
import SystemPackage
import TestSupport
import Testing

/// `apt-conf`, `apt-sources`, `apt-preferences`: files of the builder that steer apt in the image.
@Suite("files for apt", .requires(.root))
struct AptFilesTests {
    private static let confHook = "extra-data.d/99-override-default-apt-conf"
    private static let sourcesHook = "extra-data.d/99-override-default-apt-sources"
    private static let pinsHook = "extra-data.d/99-set-apt-package-pins"

    @Test(
        "without the variable the image stays as it is; a file that is not there fails",
        arguments: [
            ("apt-conf", confHook, "DIB_APT_CONF"), ("apt-sources", sourcesHook, "DIB_APT_SOURCES"),
            ("apt-preferences", pinsHook, "DIB_DPKG_MANIFEST"),
        ])
    func unset(element: String, hook: String, variable: String) async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: [element])
            #expect(try bench.runOutside(hook).status == 0)
            #expect(bench.exists("/etc/apt") == false)
            for value in [scratch.appending("missing"), scratch.appending("empty")] {
                try write("", to: scratch.appending("empty"))
                bench.environment[variable] = value.string
                let result = try bench.runOutside(hook)
                #expect(result.output == "\(element): \(variable) names '\(value)': no file, or an empty one\n")
                #expect(result.status == 1)
            }
        }
    }

    @Test("apt.conf is copied")
    func configuration() async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("mine")
            try write("Acquire::Retries \"7\";\n", to: file, mode: 0o600)
            let bench = try HookBench(scratch, elements: ["apt-conf"], environment: ["DIB_APT_CONF": file.string])
            #expect(try bench.runOutside(Self.confHook).status == 0)
            #expect(try bench.rootText("/etc/apt/apt.conf") == "Acquire::Retries \"7\";\n")
            #expect(try runTool("stat", ["-c", "%a", bench.rootPath("/etc/apt/apt.conf").string]).output == "644\n")
        }
    }

    @Test("sources of either form take the place of the distribution's own, not of other files")
    func sources() async throws {
        for (text, present, absent) in [
            (
                "deb http://mirror.example.org/debian bookworm main\n", "/etc/apt/sources.list",
                "/etc/apt/sources.list.d/dib.sources"
            ),
            (
                "Types: deb\nURIs: http://mirror.example.org\nSuites: x\nComponents: main\n",
                "/etc/apt/sources.list.d/dib.sources", "/etc/apt/sources.list"
            ),
        ] {
            try await withScratchDirectory { scratch in
                let file = scratch.appending("mine")
                try write(text, to: file)
                let bench = try HookBench(
                    scratch, elements: ["apt-sources"], environment: ["DIB_APT_SOURCES": file.string])
                try bench.place("deb http://old.example.org x main\n", at: "/etc/apt/sources.list")
                try bench.place("Types: deb\n", at: "/etc/apt/sources.list.d/ubuntu.sources")
                try bench.place("deb x\n", at: "/etc/apt/sources.list.d/other.list")
                #expect(try bench.runOutside(Self.sourcesHook).output == "")
                #expect(try bench.rootText(present) == text)
                #expect(bench.exists(absent) == false)
                #expect(bench.exists("/etc/apt/sources.list.d/ubuntu.sources") == false)
                #expect(bench.exists("/etc/apt/sources.list.d/other.list"))
            }
        }
    }

    @Test(
        "a manifest becomes pins, however it is broken into lines",
        arguments: [
            #"{"packages": [{"package": "bash", "arch": "amd64", "version": "5.2-1", "status": "installed"}, {"package": "libc6", "version": "2.36-9+deb12u10"}]}"#,
            "{\n  \"packages\": [\n    {\"package\": \"bash\", \"arch\": \"amd64\", \"version\": \"5.2-1\"},\n    {\n \"arch\": \"x\",\n \"package\": \"libc6\",\n \"version\" : \"2.36-9+deb12u10\"\n}\n  ]\n}\n",
        ])
    func manifest(text: String) async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("manifest")
            try write(text, to: file)
            let bench = try HookBench(
                scratch, elements: ["apt-preferences"], environment: ["DIB_DPKG_MANIFEST": file.string])
            #expect(try bench.runOutside(Self.pinsHook).output == "")
            #expect(
                try bench.rootText("/etc/apt/preferences") == """
                    Package: bash
                    Pin: version 5.2-1
                    Pin-Priority: 1001

                    Package: libc6
                    Pin: version 2.36-9+deb12u10
                    Pin-Priority: 1001

                    """)
            try write("[]", to: file)
            #expect(
                try bench.runOutside(Self.pinsHook).output == "apt-preferences: '\(file)' is no manifest of packages\n")
        }
    }
}
