import Foundation
import SystemPackage
import TestSupport
import Testing

/// Elements that configure one service or one driver each.
@Suite("Elements of one service", .requires(.root))
struct ServiceElementTests {
    private func inside(
        _ element: String, _ hook: String, _ variables: [String: String] = [:], files: [String: String] = [:],
        fakes: [String: String] = [:], _ check: (HookBench, ToolResult) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: [element], environment: variables)
            for name in ["systemctl", "update-initramfs", "update-rc.d", "rc-update"] { try bench.fake(name) }
            for (name, body) in fakes { try bench.fake(name, body) }
            for (path, text) in files { try bench.place(text, at: path) }
            try check(bench, try bench.runInside(hook))
        }
    }

    @Test(
        "services start at boot by whatever starts the image, and an unknown one is an error",
        arguments: [
            (
                "dynamic-login", "install.d/70-enable-dynamic-login-services", "systemd",
                "systemctl enable dynamic-login.service"
            ),
            (
                "dynamic-login", "install.d/70-enable-dynamic-login-services", "sysv",
                "update-rc.d dynamic-login.init defaults"
            ),
            (
                "ibft-interfaces", "post-install.d/70-init-ibft-interfaces", "systemd",
                "systemctl enable init-ibft-interfaces.service"
            ),
            ("ibft-interfaces", "post-install.d/70-init-ibft-interfaces", "other", nil),
            ("fail2ban", "post-install.d/80-enable-fail2ban-service", "openrc", "rc-update add fail2ban default"),
            ("fail2ban", "post-install.d/80-enable-fail2ban-service", "other", nil),
            ("cloud-ready", "post-install.d/60-cloud-ready-time", "openrc", "rc-update add chronyd default"),
        ])
    func services(element: String, hook: String, system: String, call: String?) async throws {
        let files = element == "fail2ban" ? ["/etc/fail2ban/jail.local": "[sshd]\n"] : [:]
        try await inside(element, hook, ["DIB_INIT_SYSTEM": system], files: files) { (bench, result) throws in
            #expect(result.status == (call == nil ? 1 : 0), "\(result.output)")
            #expect(bench.calls == (call.map { [$0] } ?? []))
        }
    }

    @Test("the time service that the image has is enabled, chrony before systemd's own")
    func timeService() async throws {
        for (units, enabled) in [
            (["chrony", "systemd-timesyncd"], "chrony"), (["systemd-timesyncd"], "systemd-timesyncd"),
        ] {
            let files = Dictionary(uniqueKeysWithValues: units.map { ("/usr/lib/systemd/system/\($0).service", "") })
            try await inside("cloud-ready", "post-install.d/60-cloud-ready-time", files: files) {
                (bench, result) throws in
                #expect(result.status == 0)
                #expect(bench.calls == ["systemctl enable \(enabled).service"])
            }
        }
    }

    @Test("fail2ban without jails reads the journal, where there is no syslog; an empty file of jails is an error")
    func fail2ban() async throws {
        let hook = "post-install.d/80-enable-fail2ban-service"
        try await inside("fail2ban", hook) { (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.rootText("/etc/fail2ban/jail.d/10-journal.conf") == "[DEFAULT]\nbackend = systemd\n")
        }
        try await inside("fail2ban", hook, files: ["/usr/sbin/rsyslogd": ""]) { (bench, result) throws in
            #expect(result.status == 0)
            #expect(!bench.exists("/etc/fail2ban/jail.d/10-journal.conf"))
        }
        try await inside("fail2ban", hook, files: ["/etc/fail2ban/jail.local": ""]) { (_, result) throws in
            #expect(result.status == 1)
        }
    }

    @Test(
        "files of the builder become the image's, and one that is missing is an error",
        arguments: [
            ("fail2ban", "60-copy-fail2ban-config", "DIB_FAIL2BAN_CONF", "etc/fail2ban/jail.local"),
            (
                "autoupdates", "61-create-update-config", "DIB_DEB_UPDATES_CONF",
                "etc/apt/apt.conf.d/50unattended-upgrades"
            ),
            ("autoupdates", "61-create-update-config", "DIB_YUM_UPDATES_CONF", "etc/dnf/automatic.conf"),
        ])
    func configuration(element: String, hook: String, variable: String, target: String) async throws {
        try await withScratchDirectory { scratch in
            let file = scratch.appending("settings")
            var bench = try HookBench(scratch, elements: [element], environment: [variable: file.string])
            #expect(try bench.runOutside("root.d/\(hook)").status == 1, "there is no such file yet")
            try write("mine\n", to: file)
            let result = try bench.runOutside("root.d/\(hook)")
            #expect(result.status == 0, "\(result.output)")
            #expect(try readText(bench.root.pushing(FilePath(target))) == "mine\n")
            bench.environment[variable] = ""
            #expect(try bench.runOutside("root.d/\(hook)").status == 0)
        }
    }

    @Test("updates: both package managers at once is a mistake; Debian's run daily, and Fedora's are applied")
    func autoupdates() async throws {
        try await withScratchDirectory { scratch in
            let both = ["DIB_DEB_UPDATES_CONF": "/etc/passwd", "DIB_YUM_UPDATES_CONF": "/etc/passwd"]
            let bench = try HookBench(scratch, elements: ["autoupdates"], environment: both)
            #expect(try bench.runOutside("root.d/61-create-update-config").status == 1)
        }
        let hook = "post-install.d/82-enable-autoupdate"
        try await inside("autoupdates", hook, files: ["/etc/apt/apt.conf.d/x": ""]) { (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/etc/apt/apt.conf.d/20auto-upgrades")
                    == "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"1\";\n")
        }
        let dnf = ["/etc/dnf/automatic.conf": "[commands]\napply_updates = no\n"]
        try await inside("autoupdates", hook, ["DISTRO_NAME": "fedora"], files: dnf) { (bench, _) throws in
            #expect(try bench.rootText("/etc/dnf/automatic.conf") == "[commands]\napply_updates = yes\n")
            #expect(bench.calls == ["systemctl enable dnf-automatic.timer"])
        }
        try await inside("autoupdates", hook, ["DISTRO_NAME": "gentoo"]) { _, result in #expect(result.status == 1) }
    }

    @Test("NetworkManager gets a profile for every InfiniBand interface that it does not refuse to read")
    func infiniband() async throws {
        let hook = "install.d/50-dhcp-ib-interfaces"
        try await inside("nm-dhcp-ib-interfaces", hook) { _, result in #expect(result.status == 1) }
        try await inside("nm-dhcp-ib-interfaces", hook, files: ["/etc/NetworkManager/NetworkManager.conf": ""]) {
            (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            let path = "/etc/NetworkManager/system-connections/infiniband.nmconnection"
            #expect(try bench.rootText(path).contains("type=infiniband\n"))
            #expect(
                try FileManager.default.attributesOfItem(atPath: bench.rootPath(path).string)[.posixPermissions] as? Int
                    == 0o600)
        }
    }
}
