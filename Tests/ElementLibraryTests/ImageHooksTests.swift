import Foundation
import SystemPackage
import TestSupport
import Testing

/// Hooks that run in the image, each against a small root.
@Suite("Hooks in the image", .requires(.root))
struct ImageHooksTests {
    /// Runs one hook of one element in a fresh root.
    private func run(
        _ element: String, _ hook: String, _ variables: [String: String] = [:], files: [String: String] = [:],
        _ check: (HookBench, ToolResult) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: [element], environment: variables)
            for (path, text) in files { try bench.place(text, at: path) }
            try check(bench, try bench.runInside(hook))
        }
    }

    @Test("install-bin puts programs into PATH, executable")
    func installBin() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["install-bin"])
            let without = try bench.runInside("pre-install.d/01-install-bin")
            #expect(without.output == "install-bin: no element of this build has a bin directory\n")
            try write("#!/bin/sh\necho tool\n", to: bench.hooks.appending("bin/my-tool"))
            let installed = try bench.runInside("pre-install.d/01-install-bin")
            #expect(installed.status == 0, "\(installed.output)")
            #expect(try bench.runInside(command: ["my-tool"]).output == "tool\n")
        }
    }

    @Test("install-static merges trees, keeps links, leaves editors' files out and existing directories alone")
    func installStatic() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["install-static"])
            #expect(try bench.runInside("install.d/10-install-static-files").status == 0, "no element has a tree")
            let tree = bench.hooks.appending("static")
            try write("new\n", to: tree.appending("etc/app/a.conf"))
            try write("#!/bin/sh\n", to: tree.appending("etc/app/run"), mode: 0o755)
            try write("x", to: tree.appending("etc/app/a.conf~"))
            try write("x", to: tree.appending("etc/app/a.conf.orig"))
            try FileManager.default.createSymbolicLink(
                atPath: tree.appending("etc/app/link").string, withDestinationPath: "a.conf")
            try bench.place("old\n", at: "/etc/app/a.conf")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: bench.rootPath("/etc/app").string)
            #expect(try bench.runInside("install.d/10-install-static-files").status == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/etc/app").string).sorted()
            #expect(names == ["a.conf", "link", "run"])
            #expect(try bench.rootText("/etc/app/link") == "new\n")
            let mode = try FileManager.default.attributesOfItem(atPath: bench.rootPath("/etc/app").string)[
                .posixPermissions]
            #expect(mode as? Int == 0o700)
        }
    }

    @Test(
        "init scripts go where the init system looks",
        arguments: [
            ("systemd", "/usr/lib/systemd/system/x.service"), ("upstart", "/etc/init/x.service"),
            ("sysv", "/etc/init.d/x.service"),
        ])
    func initScripts(system: String, path: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["dib-init-system"], environment: ["DIB_INIT_SYSTEM": system])
            #expect(try bench.runInside("install.d/20-install-init-scripts").status == 0, "no element has any")
            try write("[Unit]\n", to: bench.hooks.appending("init-scripts/\(system)/x.service"))
            #expect(try bench.runInside("install.d/20-install-init-scripts").status == 0)
            #expect(try bench.rootText(path) == "[Unit]\n")
            #expect(try bench.runInside("pre-install.d/04-dib-init-system").status == 0)
            #expect(try bench.runInside(command: ["dib-init-system"]).output == system + "\n")
        }
    }

    @Test("OpenRC gets scripts enabled, other systems do not")
    func enableInitScripts() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["dib-init-system"], environment: ["DIB_INIT_SYSTEM": "openrc"])
            try bench.fake("rc-update")
            try write("", to: bench.hooks.appending("init-scripts/openrc/agent"))
            #expect(try bench.runInside("post-install.d/10-enable-init-scripts").status == 0)
            bench.environment["DIB_INIT_SYSTEM"] = "systemd"
            #expect(try bench.runInside("post-install.d/10-enable-init-scripts").status == 0)
            #expect(bench.calls == ["rc-update add agent default"])
        }
    }

    @Test(
        "an unknown or missing init system stops the phase",
        arguments: [(nil, 1), ("runit", 1), ("systemd", 0), ("openrc", 0)] as [(String?, Int32)])
    func initSystemCheck(system: String?, status: Int32) throws {
        let file = Checkout.elements.appending("dib-init-system/environment.d/99-dib-init-system").string
        var variables = ["PATH": "/usr/bin:/bin"]
        variables["DIB_INIT_SYSTEM"] = system
        #expect(try runTool("/bin/bash", ["-euc", "source \"$0\"", file], environment: variables).status == status)
    }

    @Test("a machine identifier is cleared, one that is not there is not made")
    func machineID() async throws {
        try await run(
            "sysprep", "finalise.d/99-clear-machine-id",
            files: ["/etc/machine-id": "0123\n", "/var/lib/dbus/machine-id": "0123\n"]
        ) { bench, result throws in
            #expect(result.status == 0)
            #expect(try bench.rootText("/etc/machine-id") == "uninitialized\n")
            #expect(try bench.rootText("/var/lib/dbus/machine-id") == "")
        }
        try await run("sysprep", "finalise.d/99-clear-machine-id") { bench, _ throws in
            #expect(!bench.exists("/etc/machine-id"))
        }
    }

    @Test("modules are kept from loading by name")
    func modprobe() async throws {
        try await run("modprobe", "install.d/80-modprobe-blacklist", ["DIB_MODPROBE_BLACKLIST": "a b"]) {
            bench, _ throws in
            #expect(try bench.rootText("/etc/modprobe.d/blacklist.conf") == "blacklist a\nblacklist b\n")
        }
        try await run("modprobe", "install.d/80-modprobe-blacklist") { bench, _ throws in
            #expect(!bench.exists("/etc/modprobe.d"))
        }
    }

    @Test("base upgrades unless told not to, and settles who manages /etc/hosts")
    func base() async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["base"],
                environment: ["DIB_AVOID_PACKAGES_UPDATE": "0", "DIB_CLOUD_INIT_ETC_HOSTS": "localhost"])
            try bench.fake("install-packages")
            for hook in ["pre-install.d/03-baseline-tools", "install.d/00-up-to-date", "install.d/10-cloud-init"] {
                #expect(try bench.runInside(hook).status == 0)
            }
            #expect(try bench.rootText("/etc/cloud/cloud.cfg.d/10_etc_hosts.cfg") == "manage_etc_hosts: localhost\n")
            bench.environment.merge(["DIB_AVOID_PACKAGES_UPDATE": "1", "DISTRO_NAME": "ubuntu"]) { $1 }
            #expect(try bench.runInside("install.d/00-up-to-date").status == 0)
            #expect(try bench.runInside("pre-install.d/03-baseline-tools").status == 0)
            bench.environment["DIB_BASELINE_TOOLS"] = ""
            #expect(try bench.runInside("pre-install.d/03-baseline-tools").status == 0)
            #expect(bench.calls == ["install-packages -u", "install-packages software-properties-common"])
        }
    }

    @Test(
        "cloud-init asks the sources named, with what they need",
        arguments: [
            ("NoCloud", ["91-dib-cloud-init-datasources.cfg": "datasource_list: [ NoCloud, None ]\n"]),
            (
                "Ec2, ConfigDrive",
                [
                    "91-dib-cloud-init-datasources.cfg": "datasource_list: [ Ec2, ConfigDrive, None ]\n",
                    "92-ec2-datasource.cfg": "datasource:\n  Ec2:\n    strict_id: false\n",
                    "93-dib-cloud-init-disable-datasource-network-activation.cfg": "disable_network_activation: true\n",
                ]
            ),
        ] as [(String, [String: String])])
    func datasources(sources: String, expected: [String: String]) async throws {
        let hook = "install.d/05-set-cloud-init-sources"
        try await run(
            "cloud-init-datasources", hook, ["DIB_CLOUD_INIT_DATASOURCES": sources],
            files: ["/etc/cloud/cloud.cfg.d/x": ""]
        ) { bench, result throws in
            #expect(result.status == 0)
            let directory = bench.rootPath("/etc/cloud/cloud.cfg.d")
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.string).filter { $0 != "x" }
            #expect(
                try Dictionary(uniqueKeysWithValues: names.map { ($0, try readText(directory.appending($0))) })
                    == expected)
        }
        try await run("cloud-init-datasources", hook) { _, result throws in #expect(result.status == 1) }
    }

    @Test("a NoCloud seed is made, one that is there is kept")
    func seed() async throws {
        try await run(
            "cloud-init-nocloud", "install.d/05-inject-local-source-data",
            files: ["/var/lib/cloud/seed/nocloud/user-data": "#cloud-config\n"]
        ) { bench, _ throws in
            #expect(try bench.rootText("/var/lib/cloud/seed/nocloud/user-data") == "#cloud-config\n")
            #expect(try bench.rootText("/var/lib/cloud/seed/nocloud/meta-data") == "")
        }
    }

    @Test(
        "cloud-init's settings are changed where they are, else added",
        arguments: [("ssh_pwauth: false\n", "ssh_pwauth: true\n"), ("a: 1\n", "a: 1\nssh_pwauth: true\n")])
    func cloudConfig(before: String, after: String) async throws {
        try await run(
            "cloud-init", "post-install.d/21-cloud-init-allow-password-auth", ["DIB_CLOUD_INIT_ALLOW_SSH_PWAUTH": "1"],
            files: ["/etc/cloud/cloud.cfg": before]
        ) { bench, _ throws in
            #expect(try bench.rootText("/etc/cloud/cloud.cfg") == after)
            #expect(try bench.runInside("post-install.d/22-cloud-init-ssh_genkeytypes").status == 0)
            #expect(try bench.runInside("post-install.d/22-cloud-init-ssh_genkeytypes").status == 0)
            #expect(
                try bench.rootText("/etc/cloud/cloud.cfg") == after + "ssh_genkeytypes: ['rsa', 'ecdsa', 'ed25519']\n")
        }
    }

    @Test("every unit of cloud-init that a release has is enabled")
    func cloudUnits() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["cloud-init"])
            try bench.fake("systemctl")
            for unit in ["cloud-init-main", "cloud-final"] {
                try bench.place("", at: "/usr/lib/systemd/system/\(unit).service")
            }
            #expect(try bench.runInside("post-install.d/20-enable-cloud-init").status == 0)
            #expect(
                bench.calls == ["systemctl enable cloud-init-main.service", "systemctl enable cloud-final.service"])
        }
    }

    @Test("sshd's algorithms replace others, before any Match block or included file")
    func hardening() async throws {
        let config = "Include /etc/ssh/sshd_config.d/*.conf\nMACs hmac-md5\nMatch User x\n"
        try await run("openssh-server", "post-install.d/99-harden-sshd-config", files: ["/etc/ssh/sshd_config": config])
        { bench, result throws in
            #expect(result.status == 0)
            let lines = try bench.rootText("/etc/ssh/sshd_config").split(separator: "\n").map(String.init)
            #expect(lines.prefix(3).map { $0.prefix { $0 != " " } } == ["KexAlgorithms", "Ciphers", "MACs"])
            #expect(Array(lines.dropFirst(3)) == ["Include /etc/ssh/sshd_config.d/*.conf", "Match User x"])
            #expect(!lines.joined().contains("md5"))
        }
        try await run(
            "openssh-server", "post-install.d/99-harden-sshd-config", ["DIB_OPENSSH_SERVER_HARDENING": "0"],
            files: ["/etc/ssh/sshd_config": config]
        ) { bench, _ throws in
            #expect(try bench.rootText("/etc/ssh/sshd_config") == config)
        }
    }

    @Test("the named interfaces get DHCP, and the image its distribution's name")
    func networking() async throws {
        try await run("debootstrap", "install.d/10-debian-networking", ["DIB_NETWORK_INTERFACE_NAMES": "eth0 ens3"]) {
            bench, result throws in
            #expect(result.status == 0)
            #expect(try bench.rootText("/etc/hostname") == "debian\n")
            #expect(try bench.rootText("/etc/network/interfaces.d/ens3") == "auto ens3\niface ens3 inet dhcp\n")
            #expect(try bench.rootText("/etc/network/interfaces").hasSuffix("source /etc/network/interfaces.d/*\n"))
        }
        try await run(
            "debootstrap", "install.d/10-debian-networking",
            ["DIB_NETWORK_INTERFACE_NAMES": "eth0", "DIB_APT_MINIMAL_CREATE_INTERFACES": "0"]
        ) { bench, _ throws in
            #expect(!bench.exists("/etc/network"))
        }
    }

    @Test(
        "locales are generated, and the default is set",
        arguments: [
            ("C.UTF-8", "en_US.UTF-8", "en_US.UTF-8 UTF-8\n"), ("de_DE.UTF-8", "", "de_DE.UTF-8 UTF-8\n"),
            ("de_DE.UTF-8", "de_DE.UTF-8 fr_FR.ISO-8859-1", "de_DE.UTF-8 UTF-8\nfr_FR.ISO-8859-1 ISO-8859-1\n"),
            ("C.UTF-8", "", ""),
        ])
    func locales(standard: String, wanted: String, generated: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["debootstrap"],
                environment: ["DIB_DEBOOTSTRAP_DEFAULT_LOCALE": standard, "DIB_DEBOOTSTRAP_LOCALES": wanted])
            try bench.place("", at: "/etc/default/useradd")
            try bench.fake("locale-gen")
            try bench.fake("debconf-set-selections", "cat >/dev/null")
            #expect(try bench.runInside("install.d/12-debian-locale-gen").status == 0)
            #expect(try bench.rootText("/etc/locale.gen") == generated)
            #expect(try bench.rootText("/etc/default/locale") == "LANG=\(standard)\nLC_ALL=\(standard)\n")
            #expect(bench.calls.isEmpty == generated.isEmpty)
        }
    }

    @Test("devuser makes the user once, with groups, sudo and keys")
    func devuser() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["devuser"],
                environment: [
                    "DIB_DEV_USER_USERNAME": "dev", "DIB_DEV_USER_GROUPS": "wheel,adm",
                    "DIB_DEV_USER_SHELL": "/bin/bash",
                    "DIB_DEV_USER_PWDLESS_SUDO": "yes", "DIB_DEV_USER_AUTHORIZED_KEYS": "", "DIB_DEV_USER_PASSWORD": "",
                ])
            for name in ["visudo", "usermod"] { try bench.fake(name) }
            try bench.place("root:*:1::::::\n", at: "/etc/shadow", mode: 0o600)
            try bench.place(
                "CREATE_HOME no\nUID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n",
                at: "/etc/login.defs")
            try bench.place("passwd: files\ngroup: files\n", at: "/etc/nsswitch.conf")
            try bench.place("", at: "/home/.keep")
            try write("ssh-ed25519 AAAA me\n", to: bench.hooks.appending("devuser-ssh-authorized-keys"))
            let result = try bench.runInside("install.d/50-devuser")
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.rootText("/etc/passwd").hasSuffix("dev:x:1000:1000::/home/dev:/bin/bash\n"))
            #expect(try bench.rootText("/home/dev/.ssh/authorized_keys") == "ssh-ed25519 AAAA me\n")
            #expect(try bench.rootText("/etc/sudoers.d/dev") == "dev ALL=(ALL) NOPASSWD:ALL\n")
            #expect(
                bench.calls == [
                    "usermod --append --groups wheel dev", "usermod --append --groups adm dev",
                    "visudo -c -q -f /etc/sudoers.d/dev",
                ])
            #expect(try bench.runInside("install.d/50-devuser").status == 0, "a second time changes nothing")
            #expect(try bench.rootText("/etc/passwd").split(separator: "\n").count == 2)
        }
    }

    @Test("a sudo rule that is not valid is taken back")
    func devuserBadRule() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["devuser"],
                environment: [
                    "DIB_DEV_USER_USERNAME": "root", "DIB_DEV_USER_GROUPS": "", "DIB_DEV_USER_SHELL": "",
                    "DIB_DEV_USER_PWDLESS_SUDO": "yes", "DIB_DEV_USER_PASSWORD": "",
                ])
            try bench.fake("visudo", "exit 1")
            #expect(try bench.runInside("install.d/50-devuser").status == 1)
            #expect(!bench.exists("/etc/sudoers.d/root"))
        }
    }

    @Test("packages are listed in the manifest as JSON")
    func packageManifest() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["dpkg"],
                environment: ["DIB_MANIFEST_IMAGE_DIR": "/etc/dib-manifests", "IMAGE_NAME": "out/debian"])
            try bench.place(
                "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2\n\nPackage: b\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 3\n",
                at: "/var/lib/dpkg/status")
            #expect(try bench.runInside("finalise.d/99-write-dpkg-manifest").status == 0)
            let text = try bench.rootText("/etc/dib-manifests/dib-manifest-dpkg-debian")
            let object = try JSONDecoder().decode([String: [[String: String]]].self, from: Data(text.utf8))
            #expect(
                object == [
                    "packages": [
                        ["package": "a", "arch": "amd64", "version": "1:2", "status": "installed"],
                        ["package": "b", "arch": "all", "version": "3", "status": "config-files"],
                    ]
                ])
        }
    }
}
