import Foundation
import SystemPackage
import TestSupport
import Testing

/// The elements that prepare an image for clouds, hook by hook; `CloudReadyTests` boots what they make.
@Suite("Elements for clouds", .requires(.root))
struct CloudElementTests {
    private static let ready = [
        "DIB_CLOUD_INIT_DATASOURCES": "NoCloud", "DIB_CLOUD_READY_USER": "", "DIB_CLOUD_READY_KEEP_USERS": "",
    ]

    private func run(
        _ element: String, _ hook: String, _ variables: [String: String] = [:], files: [String: String] = [:],
        _ check: (HookBench, ToolResult) throws -> Void
    ) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: [element], environment: Self.ready.merging(variables) { $1 })
            for name in ["passwd", "systemctl"] { try bench.fake(name) }
            for (path, text) in files { try bench.place(text, at: path) }
            try check(bench, try bench.runInside(hook))
        }
    }

    @Test(
        "cloud-init's modules are taken out of its list, each by its own hook",
        arguments: [
            ("50-cloud-init-disable-resizefs", " - migrator\n - growpart\nother: resizefs\n"),
            ("51-cloud-init-disable-growpart", " - migrator\n  - resizefs\nother: resizefs\n"),
        ])
    func disabledModules(hook: String, rest: String) async throws {
        let list = " - migrator\n - growpart\n  - resizefs\nother: resizefs\n"
        try await run(
            "cloud-init-disable-resizefs", "post-install.d/\(hook)", files: ["/etc/cloud/cloud.cfg": list]
        ) { (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.rootText("/etc/cloud/cloud.cfg") == rest)
            #expect(!bench.exists("/etc/cloud/cloud.cfge"))
        }
    }

    @Test("growpart is told its devices, and an image without cloud-init is refused")
    func growpart() async throws {
        let variables = ["DIB_CLOUD_INIT_GROWPART_DEVICES": "['/', /dev/vdb1]"]
        try await run("cloud-init-growpart", "post-install.d/55-growpart", variables) { (_, result) throws in
            #expect(result.status == 1)
            #expect(result.output.contains("add an element that installs cloud-init"))
        }
        let files = ["/etc/cloud/cloud.cfg.d/x": ""]
        try await run("cloud-init-growpart", "post-install.d/55-growpart", variables, files: files) {
            (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/etc/cloud/cloud.cfg.d/55-growpart.cfg") == """
                    growpart:
                      mode: auto
                      devices: ['/', /dev/vdb1]
                      ignore_growroot_disabled: false

                    """)
        }
    }

    @Test(
        "what the variables say is refused before anything is fetched",
        arguments: [
            ("cloud-init-growpart", "00-cloud-init-growpart-check", [:], "is not set"),
            ("cloud-ready", "00-cloud-ready-check", ["DIB_CLOUD_READY_USER": "Cloud User"], "no name of a user"),
            ("cloud-ready", "00-cloud-ready-check", ["DIB_CLOUD_READY_USER": "root"], "locks root"),
            ("cloud-ready", "00-cloud-ready-check", ["DIB_CLOUD_READY_USER": "cloud-user"], nil),
        ] as [(String, String, [String: String], String?)])
    func refusals(element: String, hook: String, variables: [String: String], message: String?) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: [element], environment: Self.ready.merging(variables) { $1 })
            let result = try bench.runOutside("root.d/\(hook)")
            #expect(result.status == (message == nil ? 0 : 1))
            #expect(message.map { result.output.contains($0) } ?? true, "\(result.output)")
        }
    }

    @Test(
        "one generic user, made by cloud-init, and no password",
        arguments: [
            ([:], "ssh_pwauth: false\n"), (["DIB_CLOUD_INIT_ALLOW_SSH_PWAUTH": "1"], ""),
            (
                ["DIB_CLOUD_READY_USER": "cloud-user"],
                "ssh_pwauth: false\nsystem_info:\n  default_user:\n    name: cloud-user\n"
            ),
        ])
    func accounts(variables: [String: String], rest: String) async throws {
        try await run("cloud-ready", "install.d/55-cloud-ready-accounts", variables) { (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(
                try bench.rootText("/etc/cloud/cloud.cfg.d/60-cloud-ready.cfg")
                    == "# Written by the element cloud-ready.\ndisable_root: true\nssh_deletekeys: true\n" + rest)
            #expect(bench.calls == ["passwd --lock root"])
        }
    }

    @Test("only drivers that the image's kernels have as modules are loaded at boot")
    func hotplug() async throws {
        let modules =
            "kernel/drivers/pci/hotplug/shpchp.ko.xz: kernel/x.ko\nkernel/drivers/acpi/button.ko:\nkernel/xacpiphp.ko:\n"
        try await run(
            "cloud-ready", "post-install.d/61-cloud-ready-hotplug", files: ["/usr/lib/modules/6.1/modules.dep": modules]
        ) { (bench, result) throws in
            #expect(result.status == 0, "\(result.output)")
            #expect(try bench.rootText("/etc/modules-load.d/cloud-ready.conf") == "button\nshpchp\n")
        }
        try await run("cloud-ready", "post-install.d/61-cloud-ready-hotplug") { (bench, result) throws in
            #expect(result.status == 0)
            #expect(!bench.exists("/etc/modules-load.d/cloud-ready.conf"), "an empty list would be no use")
        }
    }

    @Test(
        "a person's account that nobody has asked for fails the build, and so does an open one",
        arguments: [
            ("", "", [:], nil), ("build:x:1000:1000::/home/build:/bin/bash\n", "", [:], "has the user 'build'"),
            ("build:x:1000:1000::/home/build:/bin/bash\n", "", ["DIB_CLOUD_READY_KEEP_USERS": "a build"], nil),
            ("build:x:1000:1000::/home/build:/bin/bash\n", "", ["DIB_CLOUD_READY_USER": "build"], nil),
            ("svc:x:1001:1001::/:/usr/sbin/nologin\nweb:x:33:33::/:/bin/sh\n", "", [:], nil),
            ("", "guest::19000:0:99999:7:::\n", [:], "users without a password: guest"),
        ] as [(String, String, [String: String], String?)])
    func users(passwd: String, shadow: String, variables: [String: String], message: String?) async throws {
        let files = [
            "/etc/passwd": "root:x:0:0::/root:/bin/bash\nnobody:x:65534:65534::/:/usr/sbin/nologin\n" + passwd,
            "/etc/shadow": "root:!*:19000:0:99999:7:::\n" + shadow, "/etc/login.defs": "UID_MIN\t\t\t 1000\n",
        ]
        try await run("cloud-ready", "finalise.d/95-cloud-ready-users", variables, files: files) { (_, result) throws in
            #expect(result.status == (message == nil ? 0 : 1))
            #expect(message.map { result.output.contains($0) } ?? true, "\(result.output)")
        }
    }
}
