import Foundation
import SystemPackage
import TestSupport
import Testing

/// Roots of RPM distributions that come from container images, by an engine that is not there.
@Suite("Container images of RPM distributions")
struct RPMContainerTests {
    @Test(
        "the file of the release is built from the project's image, and its files become the root", .requires(.root),
        arguments: [
            ("fedora-container", nil, "registry.fedoraproject.org/fedora:43"),
            ("fedora-container", "42", "registry.fedoraproject.org/fedora:42"),
            ("rocky-container", nil, "quay.io/rockylinux/rockylinux:9"),
            ("rocky-container", "8", "quay.io/rockylinux/rockylinux:8"),
            ("almalinux-container", nil, "quay.io/almalinuxorg/almalinux:10"),
            ("almalinux-container", "9", "quay.io/almalinuxorg/almalinux:9"),
        ])
    func root(_ row: (element: String, release: String?, image: String)) async throws {
        try await withScratchDirectory { scratch in
            let name = String(row.element.dropLast("-container".count))
            var bench = try HookBench(scratch, elements: [row.element, "containerfile"])
            bench.environment["DIB_RELEASE"] = row.release
            bench.environment["DISTRO_NAME"] = nil
            let settings = bench.hooks.appending("environment.d/10-01-\(name)-distro-name.bash").string
            let values = try runTool(
                "/bin/bash",
                ["-euc", "source \"$0\"; echo \"$DISTRO_NAME $DIB_RELEASE $EFI_BOOT_DIR $YUM\"", settings],
                environment: bench.environment)
            let words = values.output.split(whereSeparator: \.isWhitespace).map(String.init)
            try #require(words.count == 4)
            #expect(words == [name, row.release ?? words[1], "EFI/\(name)", "dnf"])
            bench.environment["DIB_RELEASE"] = words[1]
            try write("ID=\(name)\n", to: scratch.appending("tree/etc/os-release"))
            try bench.fake(
                "podman",
                """
                case "$1" in
                    build) while [ "$1" != --file ]; do shift; done; cp "$2" \(scratch)/used ;;
                    create) echo container ;;
                    export) tar -C \(scratch)/tree -cf - . ;;
                esac
                """)
            let result = try bench.runOutside("root.d/08-containerfile")
            #expect(result.status == 0, "\(result.output)")
            let used = try readText(scratch.appending("used"))
            #expect(used.hasPrefix("FROM \(row.image)\n"))
            #expect(used.contains("gpgcheck") == false && used.contains("python") == false)
            #expect(try bench.rootText("/etc/os-release") == "ID=\(name)\n")
        }
    }

    @Test("Rocky's packages come from a mirror if there is one", .requires(.root))
    func mirror() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["rocky-container"])
            let before = """
                [baseos]
                mirrorlist=https://mirrors.rockylinux.org/mirrorlist?arch=$basearch
                #baseurl=http://dl.rockylinux.org/$contentdir/$releasever/BaseOS/$basearch/os/

                """
            try bench.place(before, at: "/etc/yum.repos.d/rocky.repo")
            #expect(try bench.runInside("pre-install.d/00-set-rocky-mirror").status == 0)
            #expect(try bench.rootText("/etc/yum.repos.d/rocky.repo") == before)
            bench.environment["DIB_DISTRIBUTION_MIRROR"] = "https://m.example.org/rocky/"
            #expect(try bench.runInside("pre-install.d/00-set-rocky-mirror").status == 0)
            #expect(
                try bench.rootText("/etc/yum.repos.d/rocky.repo")
                    == "[baseos]\nbaseurl=https://m.example.org/rocky/$releasever/BaseOS/$basearch/os/\n")
        }
    }
}
