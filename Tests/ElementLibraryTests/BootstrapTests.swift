import Foundation
import SystemPackage
import TestSupport
import Testing

/// How the base system of Debian is asked for: tool, arguments, archives.
@Suite("Bootstrap of Debian")
struct BootstrapTests {
    private static let elements = ["debootstrap", "debian-minimal", "dpkg"]
    private static let hook = "root.d/08-debootstrap"

    private func makeBench(
        _ scratch: FilePath, _ variables: [String: String], tools: [String] = ["mmdebstrap", "debootstrap"]
    ) throws -> HookBench {
        var environment = ["DIB_APT_LOCAL_CACHE": "0", "DIB_DEBOOTSTRAP_INCLUDE": "sudo gpg"]
        environment.merge(variables) { $1 }
        let bench = try HookBench(scratch, elements: Self.elements, environment: environment)
        let keepSources = "for last; do :; done; [ ! -f \"$last\" ] || cp \"$last\" \(scratch)/sources"
        try write("#!/bin/sh\necho amd64\n", to: bench.tools.appending("dpkg"), mode: 0o755)
        for tool in tools {
            try bench.fake(
                tool,
                "\(keepSources)\nmkdir -p \(bench.root)/etc/apt/sources.list.d; echo tool > \(bench.root)/etc/apt/sources.list"
            )
        }
        return bench
    }

    /// Arguments of the one call of a bootstrap tool, with scratch paths shortened.
    private func call(_ bench: HookBench) -> String {
        (bench.calls.first ?? "").replacing(bench.root.string, with: "ROOT").replacing(
            /\/tmp\/tmp\.[A-Za-z0-9]+/, with: "WORK")
    }

    private static let mmdebstrap =
        "mmdebstrap --mode=root --variant=minbase --format=directory --architectures=amd64 --components=main --include=apt,tzdata,sudo,gpg "
        + "--skip=cleanup/apt/lists --aptopt=Acquire::Languages \"none\" --dpkgopt=force-unsafe-io --aptopt=Acquire::Retries \"3\" --aptopt=APT::Sandbox::User \"root\""
    private static let debootstrap = "debootstrap --verbose --variant=minbase --components=main --arch=amd64"

    @Test(
        "variables become arguments of the tool", .requires(.root),
        arguments: [
            ([:], "\(mmdebstrap) -- bookworm ROOT"),
            (["DIB_DISTRIBUTION_MIRROR": "http://m.example.org/d"], "\(mmdebstrap) -- bookworm ROOT WORK/sources"),
            (
                ["DIB_APT_KEYRING": "/k.gpg", "DIB_MMDEBSTRAP_EXTRA_ARGS": "--verbose --debug"],
                "\(mmdebstrap) --keyring=/k.gpg --verbose --debug -- bookworm ROOT"
            ),
            (
                ["DIB_DEBIAN_KEYRING": "/d.gpg", "DIB_DEBOOTSTRAP_EXTRA_ARGS": "--include=vim --no-check-gpg"],
                "\(mmdebstrap) --keyring=/d.gpg --include=vim --skip=check/signed-by -- bookworm ROOT"
            ),
            (
                ["DIB_APT_CHECK_VALID_UNTIL": "0"],
                "\(mmdebstrap) --aptopt=Acquire::Check-Valid-Until \"false\" "
                    + "--aptopt=Acquire::Check-Date \"false\" -- bookworm ROOT"
            ),
            (
                ["ARCH": "aarch64"],
                "\(mmdebstrap.replacing("=amd64", with: "=arm64")) --skip=check/qemu -- bookworm ROOT"
            ),
            (
                ["DIB_DEBOOTSTRAP_TOOL": "debootstrap", "DIB_APT_KEYRING": "/k.gpg"],
                "\(debootstrap) --force-check-gpg --keyring=/k.gpg bookworm ROOT"
            ),
            (
                [
                    "DIB_DEBOOTSTRAP_TOOL": "debootstrap", "DIB_DISTRIBUTION_MIRROR": "https://m.example.org/d",
                    "DIB_DEBOOTSTRAP_EXTRA_ARGS": "--no-check-gpg",
                ],
                "\(debootstrap) --include=ca-certificates --no-check-gpg bookworm ROOT https://m.example.org/d"
            ),
            (
                ["DIB_DEBOOTSTRAP_EXTRA_ARGS": "--exclude=nano"],
                "\(debootstrap) --force-check-gpg --exclude=nano bookworm ROOT"
            ),
            (
                ["DIB_DEBIAN_DEBOOTSTRAP_SCRIPT": "/s", "DIB_DISTRIBUTION_MIRROR": "http://m.example.org/d"],
                "\(debootstrap) --force-check-gpg bookworm ROOT http://m.example.org/d /s"
            ),
        ] as [([String: String], String)])
    func arguments(variables: [String: String], expected: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, variables)
            let result = try bench.runOutside(Self.hook)
            #expect(call(bench) == expected)
            #expect(result.status == 0)
            // The tool's own sources stay when there is no archive of ours to write.
            let kept = variables["DIB_DISTRIBUTION_MIRROR"] == nil
            #expect(bench.exists("/etc/apt/sources.list") == kept)
        }
    }

    @Test("mmdebstrap gets all archives of the image, and what is not to be verified is marked", .requires(.root))
    func sources() async throws {
        try await withScratchDirectory { scratch in
            let conf =
                "default:deb http://m.example.org/d bookworm main\n\nsecurity:deb [arch=amd64] http://s.example.org/d bookworm-security main\n"
            let bench = try makeBench(
                scratch, ["DIB_APT_SOURCES_CONF": conf, "DIB_DEBOOTSTRAP_EXTRA_ARGS": "--no-check-gpg"])
            #expect(try bench.runOutside(Self.hook).status == 0)
            let lines = try readText(scratch.appending("sources"))
            #expect(
                lines == """
                    deb [ trusted=yes] http://m.example.org/d bookworm main
                    deb [arch=amd64 trusted=yes] http://s.example.org/d bookworm-security main

                    """)
        }
    }

    @Test("a tool that is not there, or cannot do what is asked, is named", .requires(.root))
    func refusals() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(
                scratch, ["DIB_DEBOOTSTRAP_TOOL": "mmdebstrap", "DIB_DEBOOTSTRAP_EXTRA_ARGS": "--exclude=nano"])
            let result = try bench.runOutside(Self.hook)
            #expect(
                result.output
                    == "debootstrap: mmdebstrap has no counterpart of DIB_DEBOOTSTRAP_EXTRA_ARGS='--exclude=nano'\n")
            #expect(result.status == 1)
        }
    }

    @Test("a base system is kept and taken from the cache", .requires(.root))
    func cachedBase() async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeBench(scratch, ["DIB_DEBOOTSTRAP_CACHE": "1"])
            try bench.place("kept", at: "/etc/marker")
            try bench.place("dropped", at: "/tmp/marker")
            #expect(try bench.runOutside(Self.hook).status == 0)
            for name in ["etc", "tmp"] { try FileManager.default.removeItem(atPath: bench.root.appending(name).string) }
            bench.environment["DIB_OFFLINE"] = "1"
            #expect(try bench.runOutside(Self.hook).status == 0)
            #expect(try bench.rootText("/etc/marker") == "kept")
            #expect(!bench.exists("/tmp/marker"))
            #expect(bench.calls.count == 1)
        }
    }

    @Test(
        "archives are those of the builder when it is of the same distribution",
        arguments: [
            MirrorCase(
                "sources.list",
                "deb http://a.example.org/debian/ trixie main\ndeb http://s.example.org/d trixie-security main",
                "http://a.example.org/debian http://s.example.org/d"),
            MirrorCase(
                "sources.list",
                "# deb http://no.example.org/debian trixie main\ndeb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://a.example.org/d trixie main contrib # x",
                "https://a.example.org/d "),
            MirrorCase(
                "sources.list",
                "deb-src http://a.example.org/d trixie main\ndeb cdrom:[x]/ trixie main\ndeb http://b.example.org/d trixie contrib",
                " "),
            MirrorCase(
                "sources.list.d/other.list",
                "deb [signed-by=/k/vendor-archive-keyring.gpg] http://vendor.example.org trixie main", " "),
            MirrorCase("sources.list", "deb http://a.example.org/d bookworm main", " "),
            MirrorCase(
                "sources.list.d/debian.sources",
                "Types: deb deb-src\nURIs: file:/x http://a.example.org/d/\nSuites: trixie trixie-updates\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n# comment\nTypes: deb\nURIs: http://s.example.org/d\nSuites:\n trixie-security\nComponents: contrib main",
                "http://a.example.org/d http://s.example.org/d"),
            MirrorCase(
                "sources.list.d/debian.sources",
                "Enabled: no\nTypes: deb\nURIs: http://a.example.org/d\nSuites: trixie\nComponents: main\n", " "),
            MirrorCase("sources.list", "deb http://a.example.org/d trixie main", " ", id: "ubuntu"),
        ])
    func mirrors(table: MirrorCase) async throws {
        try await withScratchDirectory { scratch in
            try write("NAME=x\nID=\(table.id)\nVERSION_CODENAME=\"trixie\"\n", to: scratch.appending("os-release"))
            try write(table.text, to: scratch.appending("apt").pushing(FilePath(table.file)))
            let library = Checkout.elements.appending("debootstrap/apt-config/apt-mirrors.bash")
            let result = try runTool(
                "/bin/bash",
                [
                    "-c",
                    "set -eu; set -o pipefail; source \"$0\"; find_build_mirrors debian stable; echo \"$APT_MIRROR $APT_SECURITY_MIRROR\"",
                    library.string,
                ],
                environment: ["PATH": "/usr/bin:/bin", "APT_MIRRORS_ETC": scratch.string])
            #expect(result.output == table.expected + "\n")
        }
    }

    @Test(
        "the image's sources are release, updates and security of the archives found",
        arguments: [
            (
                "bookworm", "http://s.example.org/d",
                "default:deb http://a.example.org/d bookworm main\nupdates:deb http://a.example.org/d bookworm-updates main\nsecurity:deb http://s.example.org/d bookworm-security main"
            ),
            ("unstable", "http://s.example.org/d", "default:deb http://a.example.org/d unstable main"),
        ])
    func sourcesConf(release: String, security: String, expected: String) async throws {
        try await withScratchDirectory { scratch in
            let variables = [
                "DIB_RELEASE": release, "DIB_DEBIAN_DISTRIBUTION_MIRROR": "http://a.example.org/d",
                "DIB_DEBIAN_SECURITY_MIRROR": security,
            ]
            let bench = try HookBench(scratch, elements: Self.elements, environment: variables)
            let file = bench.hooks.appending("environment.d/10-debian-minimal.bash").string
            let result = try runTool(
                "/bin/bash",
                ["-c", "set -eu; source \"$0\"; printenv DIB_APT_SOURCES_CONF; printenv DIB_DEBIAN_KERNEL", file],
                environment: bench.environment)
            #expect(result.output == expected + "\nlinux-image-amd64\n")
        }
    }

    @Test("sources are written, and what is missing is installed after an upgrade", .requires(.root))
    func baseInstall() async throws {
        try await withScratchDirectory { scratch in
            let conf =
                "default:deb http://m.example.org/d bookworm main\nsecurity:deb http://s.example.org/d bookworm-security main\n"
            let bench = try HookBench(
                scratch, elements: Self.elements,
                environment: ["DIB_APT_SOURCES_CONF": conf, "DIB_DEBOOTSTRAP_INCLUDE": "sudo gpg"])
            try bench.fake("apt-get")
            for directory in ["/etc/apt/sources.list.d/x", "/sys/x"] { try bench.place("", at: directory) }
            try bench.place("", at: "/var/lib/dpkg/info/sudo.list")
            let result = try bench.runOutside("root.d/75-debian-minimal-baseinstall", mounted: true)
            #expect(result.status == 0)
            #expect(
                try bench.rootText("/etc/apt/sources.list.d/default.list")
                    == "deb http://m.example.org/d bookworm main\n")
            #expect(
                try bench.rootText("/etc/apt/sources.list.d/security.list")
                    == "deb http://s.example.org/d bookworm-security main\n")
            #expect(
                bench.calls.map { $0.split(separator: " ").suffix(2).joined(separator: " ") } == [
                    "APT::Update::Error-Mode=any update", "--assume-yes dist-upgrade", "install gpg",
                ])
        }
    }

    @Test("nothing is fetched again that mmdebstrap has taken from the same sources", .requires(.root))
    func baseInstallAfterBootstrap() async throws {
        try await withScratchDirectory { scratch in
            let conf = "default:deb http://m.example.org/d bookworm main\n"
            let bench = try HookBench(
                scratch, elements: Self.elements,
                environment: ["DIB_APT_SOURCES_CONF": conf, "DIB_DEBOOTSTRAP_INCLUDE": "sudo"])
            try bench.fake("apt-get")
            try bench.place("", at: "/etc/apt/sources.list.d/x")
            try bench.place("", at: "/var/lib/dpkg/info/sudo.list")
            try bench.place("deb http://m.example.org/d bookworm main\n", at: "/tmp/.dib-apt-sources")
            let result = try bench.runOutside("root.d/75-debian-minimal-baseinstall", mounted: true)
            #expect(
                result.output
                    == "WARNING: the image has no source of security updates; set DIB_DEBIAN_SECURITY_MIRROR\n")
            #expect(result.status == 0)
            #expect(bench.calls == [])
            #expect(bench.exists("/tmp/.dib-apt-lists"))
        }
    }

    @Test("the builder's name and resolver are not the image's", .requires(.root))
    func forgetBuilder() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: Self.elements)
            try bench.place(try readText("/etc/hostname"), at: "/etc/hostname")
            try bench.place("nameserver 192.0.2.9\n", at: "/etc/resolv.conf")
            #expect(try bench.runOutside("root.d/95-forget-builder").status == 0)
            #expect(!bench.exists("/etc/hostname"))
            #expect(bench.exists("/etc/resolv.conf"), "one that an element wrote stays")
        }
    }
}

/// An apt configuration of a builder, and the archives it stands for.
struct MirrorCase: Sendable {
    let file: String
    let text: String
    let expected: String
    let id: String

    init(_ file: String, _ text: String, _ expected: String, id: String = "debian") {
        self.file = file
        self.text = text
        self.expected = expected
        self.id = id
    }
}
