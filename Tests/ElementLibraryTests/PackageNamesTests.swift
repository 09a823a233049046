import Foundation
import SystemPackage
import TestSupport
import Testing

/// Package and service names: the maps, and the lists of a build.
@Suite("Package and service names")
struct PackageNamesTests {
    private static let flat = """
        default\t\tnothing\t
        default\t\tserver\tapache2
        distro\tcentos\tpair\tone two
        family\tdebian\ttool\tdebian-tool
        family\tredhat\tserver\thttpd
        release\tcentos/8\tserver\thttpd-8
        release\tdebian/bookworm\ttool\ttool-12

        """

    @Test(
        "pkg-map answers by release, distribution, family and default, in this order",
        arguments: [
            (["--element", "web", "server"], "apache2\n", 0),
            (["--element", "web", "tool"], "tool-12\n", 0),
            (["--element", "web", "--release", "trixie", "tool", "server"], "debian-tool\napache2\n", 0),
            (["--element", "web", "--distro", "fedora", "server"], "httpd\n", 0),
            (
                ["--element", "web", "--distro", "centos", "--release", "8-stream", "server", "pair"],
                "httpd-8\none\ntwo\n", 0
            ),
            (["--element", "web", "--distro", "centos", "--release", "9-stream", "server"], "httpd\n", 0),
            (["--element", "web", "--prefix", "-", "nothing", "server"], "-apache2\n", 0),
            (["--element", "web", "--missing-ok", "--prefix=+", "unknown"], "+unknown\n", 0),
            (
                ["--element", "web", "unknown", "server"],
                "pkg-map: 'unknown' is not in '/usr/share/pkg-map/web'\napache2\n", 1
            ),
            (["--element", "other", "x"], "pkg-map: there is no map '/usr/share/pkg-map/other'\n", 2),
            (["--element", "other", "--missing-ok", "x", "y"], "x\ny\n", 0),
            (["--pkg-map", "/usr/share/pkg-map/web", "server"], "apache2\n", 0),
            (["x"], "pkg-map: give --element or --pkg-map\n", 1),
            (["--element", "a", "--pkg-map", "b", "x"], "pkg-map: give either --element or --pkg-map\n", 1),
        ] as [([String], String, Int32)])
    func packageMap(arguments: [String], output: String, status: Int32) async throws {
        try await withScratchDirectory { scratch in
            let text = try readText(Checkout.elements.appending("pkg-map/bin/pkg-map"))
            let maps = scratch.appending("maps")
            let program = text.replacing("/usr/share/pkg-map", with: maps.string)
            try write(program, to: scratch.appending("pkg-map"), mode: 0o755)
            try write("{}", to: maps.appending("web"))
            try write(Self.flat, to: maps.appending(".flat/web"))
            let result = try runTool(
                scratch.appending("pkg-map").string,
                arguments.map { $0.replacing("/usr/share/pkg-map", with: maps.string) },
                environment: ["PATH": "/usr/bin:/bin", "DISTRO_NAME": "debian", "DIB_RELEASE": "bookworm"])
            #expect(result.output.replacing(maps.string, with: "/usr/share/pkg-map") == output)
            #expect(result.status == status)
        }
    }

    @Test("each map of a build is in the image, with its flat form", .requires(.root))
    func mapsAreCopied() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["pkg-map", "base", "vm"])
            try bench.fake("ingot", "echo \"flat $3\"")
            #expect(try bench.runOutside("extra-data.d/10-create-pkg-map-dir").status == 0)
            let maps = bench.root.appending("usr/share/pkg-map")
            #expect(try FileManager.default.contentsOfDirectory(atPath: maps.string).sorted() == [".flat", "base"])
            #expect(try readText(maps.appending("base")) == LibraryElement(name: "base").text(of: "pkg-map"))
            #expect(try readText(maps.appending(".flat/base")) == "flat \(Checkout.elements)/base/pkg-map\n")
        }
    }

    @Test(
        "the program's flat form of a map is what pkg-map reads",
        .enabled(if: access(Checkout.ingot.string, X_OK) == 0, "needs the program"))
    func realMap() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(scratch, elements: ["pkg-map", "debootstrap"])
            bench.environment["INGOT"] = Checkout.ingot.string
            #expect(try bench.runOutside("extra-data.d/10-create-pkg-map-dir").status == 0)
            let arguments = [
                "--pkg-map", bench.root.appending("usr/share/pkg-map/debootstrap").string, "cloud-initramfs-growroot",
            ]
            #expect(try bench.runOutside("bin/pkg-map", arguments).output == "")
            #expect(
                try bench.runOutside("bin/pkg-map", ["--release", "bullseye"] + arguments).output
                    == "cloud-initramfs-growroot\n")
        }
    }

    @Test("the packages of a phase are mapped, and asked for in one run", .requires(.root))
    func packageInstalls() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["package-installs"])
            try bench.fake("install-packages")
            try bench.fake(
                "pkg-map", "case \"$3\" in a) echo one; echo two ;; *) shift 3; printf '%s\\n' \"$@\" ;; esac")
            try bench.place("a\tx\nb\ttwo\nb\tthree\n", at: "/tmp/package-installs/install.d.install")
            try bench.place("b\tone\n", at: "/tmp/package-installs/install.d.uninstall")
            try write("# tools\nlegacy\n-passing\n", to: bench.hooks.appending("install.d/package-installs-old"))
            #expect(try bench.runInside("install.d/01-package-installs").status != 0, "bin is installed first")
            try bench.place(
                try readText(bench.hooks.appending("bin/package-installs")), at: "/usr/local/bin/package-installs",
                mode: 0o755)
            #expect(try bench.runInside("install.d/01-package-installs").status == 0)
            #expect(try bench.runInside("install.d/99-package-uninstalls").status == 0)
            #expect(try bench.runInside("post-install.d/00-package-installs").output == "Nothing to install\n")
            #expect(
                bench.calls == [
                    "pkg-map --missing-ok --element old legacy passing", "pkg-map --missing-ok --element a x",
                    "pkg-map --missing-ok --element b two three", "install-packages legacy passing one two three",
                    "pkg-map --missing-ok --element old passing", "pkg-map --missing-ok --element b one",
                    "install-packages -e passing one",
                ])
        }
    }

    @Test("the resolved lists of a build are put into the image", .requires(.root))
    func squash() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["package-installs"])
            try bench.fake("ingot", "printf 'a\\tx\\n' > \"$4/install.d.install\"")
            #expect(try bench.runOutside("extra-data.d/99-squash-package-install").status == 0)
            #expect(try bench.rootText("/tmp/package-installs/install.d.install") == "a\tx\n")
            #expect(bench.calls.first?.hasPrefix("ingot element-data package-installs --output ") == true)
            try bench.fake("ingot", "exit 3")
            #expect(try bench.runOutside("extra-data.d/99-squash-package-install").status == 3)
        }
    }

    @Test("svc-map prints the mapped name, unless the name itself is a service there")
    func services() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["svc-map"], environment: ["SVC_MAP_SERVICES": scratch.appending("services").string])
            try write("web: apache2\nagent: my-agent\n", to: scratch.appending("services"))
            let result = try bench.runOutside("bin/svc-map", ["web", "unknown", "agent"])
            #expect(result.output == "apache2\nunknown\nmy-agent\n")
            #expect(try bench.runOutside("bin/svc-map").status == 1)
        }
    }

    @Test("merged service names are in the image", .requires(.root))
    func serviceFile() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["svc-map"])
            try bench.fake("ingot", "echo 'web: apache2'")
            #expect(try bench.runOutside("extra-data.d/10-merge-svc-map-files").status == 0)
            #expect(try bench.runOutside("extra-data.d/11-copy-svc-map-file").status == 0)
            #expect(try readText(bench.root.appending("usr/share/svc-map/services")) == "web: apache2\n")
            #expect(bench.calls == ["ingot element-data svc-map"])
        }
    }
}
