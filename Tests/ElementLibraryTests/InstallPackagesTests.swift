import Foundation
import SystemPackage
import TestSupport
import Testing

/// `install-packages` of dpkg: few runs of apt, one initial ramdisk, unattended.
@Suite("install-packages with apt", .requires(.root))
struct InstallPackagesTests {
    private static let options = "-o DPkg::Options::=--force-confdef -o DPkg::Options::=--force-confold"

    /// apt-get runs `script` with maintainer scripts' PATH where a package would be configured.
    private func makeBench(_ scratch: FilePath, configure script: String = "") throws -> HookBench {
        let bench = try HookBench(scratch, elements: ["dpkg", "pkg-map"])
        for tool in ["install-packages", "refresh-apt-lists"] {
            try bench.place(
                try readText(bench.hooks.appending("bin/\(tool)")), at: "/usr/local/bin/\(tool)", mode: 0o755)
        }
        let path = "for word; do case $word in DPkg::Path=*) PATH=${word#DPkg::Path=} ;; esac; done"
        try bench.fake("apt-get", "[ \"${!#}\" != update ] || exit 0\n\(path)\n\(script)")
        try bench.fake("dpkg-query", "for name in \"${@:4}\"; do [ $name = held ] || exit 1; echo installed; done")
        try bench.fake("apt-mark")
        try bench.fake("pkg-map", "echo mapped; echo names")
        try bench.fake("update-initramfs", "[ \"$1\" != --version ] || echo initramfs-tools 1")
        return bench
    }

    /// Calls of tools, with what changes from run to run taken out.
    private func calls(_ bench: HookBench) -> [String] {
        bench.calls.filter { !$0.hasPrefix("dpkg-query") && !$0.hasPrefix("pkg-map") }.map {
            $0.replacing(/\ -o DPkg::Path=[^ ]+/, with: "").replacing(" " + Self.options, with: "")
                .replacing(" --assume-yes -o DPkg::Lock::Timeout=600", with: "")
                .replacing(" -o Acquire::Retries=3 -o APT::Update::Error-Mode=any", with: "")
        }
    }

    @Test(
        "each call becomes one run of apt",
        arguments: [
            (["one", "two"], ["apt-get update", "apt-get install one two"]),
            (["-m", "web", "server"], ["apt-get update", "apt-get install mapped names"]),
            (["-e", "one"], ["apt-get remove one"]), (["-u"], ["apt-get update", "apt-get dist-upgrade"]),
            ([], []), (["held"], []), (["held", "one"], ["apt-get update", "apt-get install held one"]),
            (["he*"], ["apt-get update", "apt-get install he*"]),
        ] as [([String], [String])])
    func runs(arguments: [String], expected: [String]) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            let result = try bench.runInside(command: ["install-packages"] + arguments)
            #expect(calls(bench) == expected)
            #expect(result.status == 0)
        }
    }

    @Test("the status of apt is kept")
    func status() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, configure: "exit 100")
            #expect(try bench.runInside(command: ["install-packages", "one"]).status == 100)
            #expect(try bench.runInside(command: ["install-packages", "-x"]).status == 1)
        }
    }

    @Test("lists are fetched again only when sources have changed, and never offline")
    func lists() async throws {
        try await withScratchDirectory { scratch in
            var bench = try makeBench(scratch)
            try bench.place("deb x", at: "/etc/apt/sources.list.d/default.list")
            for _ in 1...2 { #expect(try bench.runInside(command: ["refresh-apt-lists"]).status == 0) }
            #expect(calls(bench) == ["apt-get update"])
            try bench.place("deb y", at: "/etc/apt/sources.list.d/more.list")
            #expect(try bench.runInside(command: ["refresh-apt-lists"]).status == 0)
            #expect(calls(bench) == ["apt-get update", "apt-get update"])
            bench.environment["DIB_OFFLINE"] = "1"
            #expect(
                try bench.runInside(command: ["refresh-apt-lists", "--force"]).output
                    == "Offline: package lists are used as they are\n")
            #expect(calls(bench).count == 2)
        }
    }

    @Test("a name that is there as a dependency is kept from now on")
    func manual() async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch)
            try bench.place(
                "Package: held\nArchitecture: amd64\nAuto-Installed: 1\n", at: "/var/lib/apt/extended_states")
            #expect(try bench.runInside(command: ["install-packages", "held"]).output == "Already installed: held\n")
            #expect(calls(bench) == ["apt-mark -qq manual held"])
        }
    }

    @Test(
        "however often packages ask, a kernel gets its initial ramdisk once, after all are configured",
        arguments: [
            // A new kernel, then a package that asks for an update, then the trigger.
            ("update-initramfs -c -k 6.1; update-initramfs -u; update-initramfs -u", ["update-initramfs -c -k 6.1"]),
            ("update-initramfs -u; update-initramfs -u", ["update-initramfs -u"]),
            (
                "update-initramfs -c -k 5.10; update-initramfs -u",
                ["update-initramfs -c -k 5.10", "update-initramfs -u"]
            ),
            (
                "update-initramfs -c -k 5.10; update-initramfs -c -k 6.1 -b /boot; update-initramfs -c -k 5.10",
                ["update-initramfs -c -k 5.10", "update-initramfs -c -k 6.1 -b /boot"]
            ),
            ("update-initramfs -u -k all", ["update-initramfs -u -k all"]), (":", []),
            // Debian 13's kernel hook asks first who answers.
            (
                "[ \"$(update-initramfs --version)\" = 'initramfs-tools 1' ] && update-initramfs -c -k 6.1",
                ["update-initramfs --version", "update-initramfs -c -k 6.1"]
            ),
        ] as [(String, [String])])
    func initialRamdisk(script: String, expected: [String]) async throws {
        try await withScratchDirectory { scratch in
            let bench = try makeBench(scratch, configure: "\(script)\necho configured >> /calls")
            for version in ["5.10", "6.1"] { try bench.place("", at: "/boot/vmlinuz-\(version)") }
            #expect(try bench.runInside(command: ["install-packages", "linux"]).status == 0)
            let before = expected.filter { $0.hasSuffix("--version") }
            let after = expected.filter { !$0.hasSuffix("--version") }
            #expect(calls(bench) == ["apt-get update", "apt-get install linux"] + before + ["configured"] + after)
        }
    }
}
