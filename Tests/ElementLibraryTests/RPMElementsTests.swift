import Foundation
import SystemPackage
import TestSupport
import Testing

/// Settings and package managers of the RPM distributions, hook by hook.
@Suite("RPM elements")
struct RPMElementsTests {
    @Test(
        "Debian's names become Red Hat's, for elements without a package map",
        arguments: [
            (["apache2", "mysql-server"], ["httpd", "mariadb-server"]),
            (["build-essential"], ["make", "automake", "gcc", "gcc-c++", "kernel-devel"]),
            (["libfoo-dev", "htop"], ["libfoo-devel", "htop"]),
            (["linux-image-generic", "open-iscsi", "vlan"], ["kernel", "iscsi-initiator-utils", "vconfig"]),
        ])
    func mapPackages(_ row: (names: [String], mapped: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["redhat-common"])
            let result = try bench.runOutside("bin/map-packages", row.names)
            let names = result.output.split(separator: "\n").filter { !$0.hasPrefix("map-packages:") }
            #expect(names.map(String.init) == row.mapped)
        }
    }

    @Test(
        "install-packages of yum",
        arguments: [
            ("dnf", ["-u"], ["dnf -y update"]),
            (
                "yum", ["one", "two"],
                ["map-packages one two", "rpm --query --quiet one two", "yum -y install one two"]
            ),
            (
                "dnf", ["one"],
                [
                    "map-packages one", "rpm --query --quiet one", "dnf -y install one", "dnf --version",
                    "dnf -q mark install one",
                ]
            ),
            (
                "dnf", ["-m", "web", "one"],
                [
                    "pkg-map --missing-ok --element web one", "rpm --query --quiet one", "dnf -y install one",
                    "dnf --version", "dnf -q mark install one",
                ]
            ),
            ("dnf", ["-e", "gone"], ["map-packages gone", "rpm --query --quiet gone"]),
            ("dnf", ["-d", "/tmp", "one"], ["map-packages one", "dnf -y download --resolve --destdir=/tmp one"]),
            ("dnf", [], []),
        ])
    func yum(_ row: (yum: String, arguments: [String], calls: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["yum"], environment: ["YUM": row.yum])
            try bench.fake("map-packages", "printf '%s\\n' \"$@\"")
            try bench.fake("pkg-map", "shift 3; printf '%s\\n' \"$@\"")
            try bench.fake("rpm", "exit 1")
            try bench.fake("dnf")
            try bench.fake("yum")
            let result = try bench.runOutside("bin/install-packages", row.arguments)
            #expect(result.status == 0, "\(result.output)")
            #expect(bench.calls == row.calls)
        }
    }

    @Test(
        "install-packages of zypper, whose status above 100 may be success",
        arguments: [
            (["one"], 0, 0, ["zypper --non-interactive install --no-recommends --auto-agree-with-licenses one"]),
            (["one"], 103, 0, ["zypper --non-interactive install --no-recommends --auto-agree-with-licenses one"]),
            (["one"], 104, 104, ["zypper --non-interactive install --no-recommends --auto-agree-with-licenses one"]),
            (["-u"], 0, 0, ["zypper --non-interactive dist-upgrade --no-recommends --auto-agree-with-licenses"]),
            (
                ["-d", "one"], 0, 0,
                [
                    "zypper --non-interactive install --no-recommends --auto-agree-with-licenses --download-only one"
                ]
            ),
        ])
    func zypper(_ row: (arguments: [String], tool: Int, status: Int32, calls: [String])) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["zypper"])
            try bench.fake("rpm", "exit 1")
            try bench.fake("zypper", "exit \(row.tool)")
            #expect(try bench.runOutside("bin/install-packages", row.arguments).status == row.status)
            #expect(bench.calls.filter { $0.hasPrefix("zypper") } == row.calls)
        }
    }

    @Test("sudo works without a terminal and finds programs of elements, once", .requires(.root))
    func sudoers() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["rpm-distro"])
            try bench.place("Defaults    requiretty\nDefaults    secure_path = /sbin:/bin\n", at: "/etc/sudoers")
            for _ in 1...2 {
                for hook in ["00-fix-requiretty", "00-usr-local-bin-secure-path"] {
                    #expect(try bench.runInside("pre-install.d/\(hook)").status == 0)
                }
            }
            #expect(
                try bench.rootText("/etc/sudoers")
                    == "# Defaults    requiretty\nDefaults    secure_path = /sbin:/bin:/usr/local/bin\n")
        }
    }

    @Test(
        "the image's architecture goes before the builder's", .requires(.root),
        arguments: [
            ("amd64", "dnf", "centos", "/etc/dnf/vars", "x86_64\n", true),
            ("arm64", "dnf", "fedora", "/etc/dnf/vars", "aarch64\n", false),
            ("amd64", "yum", "centos7", "/etc/yum/vars", "x86_64\n", true),
        ])
    func architecture(
        _ row: (arch: String, yum: String, distribution: String, folder: String, value: String, hasContent: Bool)
    ) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["rpm-distro"],
                environment: ["ARCH": row.arch, "YUM": row.yum, "DISTRO_NAME": row.distribution])
            #expect(try bench.runInside("pre-install.d/01-override-yum-arch").status == 0)
            #expect(try bench.rootText("\(row.folder)/basearch") == row.value)
            #expect(try bench.rootText("\(row.folder)/arch") == row.value)
            #expect(bench.exists("\(row.folder)/contentdir") == row.hasContent)
        }
    }

    @Test("the cache is in the configuration for the time of the build only", .requires(.root))
    func cacheSettings() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["yum"], environment: ["YUM": "dnf"])
            try bench.place("[main]\ngpgcheck=1\n", at: "/etc/dnf/dnf.conf")
            for _ in 1...2 { #expect(try bench.runInside("pre-install.d/00-01-yum-keepcache").status == 0) }
            #expect(
                try bench.rootText("/etc/dnf/dnf.conf") == "[main]\nkeepcache=1\ncachedir=/tmp/yum\ngpgcheck=1\n")
            #expect(try bench.runInside("post-install.d/99-reset-yum-conf").status == 0)
            #expect(try bench.rootText("/etc/dnf/dnf.conf") == "[main]\ngpgcheck=1\n")
        }
    }

    @Test("SELinux is permissive or off as the element says", .requires(.root))
    func selinux() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["selinux-permissive", "disable-selinux"])
            #expect(try bench.runInside("post-install.d/15-disable-selinux").status == 0)
            #expect(bench.exists("/etc/selinux/config") == false)
            #expect(try bench.runInside("pre-install.d/11-selinux-permissive").status == 0)
            #expect(try bench.rootText("/etc/selinux/config").hasSuffix("\nSELINUX=permissive\nSELINUXTYPE=targeted\n"))
            #expect(try bench.runInside("post-install.d/15-disable-selinux").status == 0)
            #expect(try bench.rootText("/etc/selinux/config").hasSuffix("\nSELINUX=disabled\nSELINUXTYPE=targeted\n"))
        }
    }

    @Test("a root without a policy gets no labels; one with a policy and no setfiles is refused", .requires(.root))
    func labels() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["selinux-fixfiles-restore"])
            let hook = "cleanup.d/99-selinux-fixfiles-restore"
            #expect(try bench.runOutside(hook).output == "The image has no targeted policy; files get no labels\n")
            try bench.place("", at: "/etc/selinux/targeted/contexts/files/file_contexts")
            let refused = try bench.runOutside(hook)
            #expect(refused.status == 1)
            #expect(refused.output.contains("install policycoreutils"))
        }
    }

    @Test("boot entries of a published image are taken over under the build's own identifier", .requires(.root))
    func bootEntries() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["redhat-cloud-image"])
            let old = String(repeating: "a", count: 32)
            let new = String(repeating: "b", count: 32)
            try bench.place("\(new)\n", at: "/etc/machine-id")
            try bench.place("five\n", at: "/boot/loader/entries/\(old)-5.14.0.conf")
            try bench.place("new six\n", at: "/boot/loader/entries/\(new)-6.0.conf")
            try bench.place("old six\n", at: "/boot/loader/entries/\(old)-6.0.conf")
            try bench.place("kept\n", at: "/boot/loader/entries/custom.conf")
            #expect(try bench.runInside("post-install.d/03-reset-bls-entries").status == 0)
            let entries = try FileManager.default.contentsOfDirectory(
                atPath: bench.rootPath("/boot/loader/entries").string)
            #expect(entries.sorted() == ["\(new)-5.14.0.conf", "\(new)-6.0.conf", "custom.conf"])
            #expect(try bench.rootText("/boot/loader/entries/\(new)-6.0.conf") == "new six\n")
        }
    }

    @Test(
        "of two kernels the newest stays, though no repository answers",
        .requires(.root, .tool("dnf"), .tool("rpmbuild")))
    func oldKernels() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["redhat-common"], environment: ["YUM": "dnf", "DIB_DISABLE_KERNEL_CLEANUP": "0"])
            try bench.place("%_dbpath /var/lib/rpm\n%_topdir /var/build\n", at: "/etc/rpm/macros")
            try bench.place("[main]\n", at: "/etc/dnf/dnf.conf")
            try bench.place("[gone]\nname=Gone\nbaseurl=http://127.0.0.1:9/\n", at: "/etc/yum.repos.d/gone.repo")
            let installed = try bench.runInside(command: [
                "/bin/bash", "-euc",
                """
                mkdir -p /var/tmp /var/build; cd /var/build
                for version in 5.14.0 5.9.0; do
                    printf '%s\\n' 'Name: kernel' "Version: $version" 'Release: 1' 'Summary: Double' 'License: None' \
                        'BuildArch: noarch' 'Provides: installonlypkg(kernel)' '%description' 'Double.' '%install' \
                        'mkdir -p %{buildroot}/boot; echo >%{buildroot}/boot/vmlinuz-%{version}' '%files' '/boot/*' >kernel.spec
                    rpmbuild -bb --quiet --nodeps kernel.spec
                done
                rpm --install --nodeps RPMS/noarch/*.rpm
                """,
            ])
            try #require(installed.status == 0, "\(installed.output)")
            #expect(bench.exists("/boot/vmlinuz-5.9.0"))
            let result = try bench.runInside("finalise.d/01-clean-old-kernels")
            #expect(result.status == 0, "\(result.output)")
            #expect(!bench.exists("/boot/vmlinuz-5.9.0") && bench.exists("/boot/vmlinuz-5.14.0"), "\(result.output)")
        }
    }
}
