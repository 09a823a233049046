import Foundation
import SystemPackage
import TestSupport
import Testing

/// Ironic's ramdisk and other elements whose purpose is a Python program; `AgentRamdiskTests` builds and boots the first.
@Suite("Elements with an agent", .requires(.root))
struct AgentElementTests {
    private static let agent = [
        "DIB_INSTALLTYPE_ironic_python_agent": "local", "DIB_IPA_SOURCE": "", "DIB_IPA_WHEELS": "",
        "DIB_IPA_VERSION": "",
        "DIB_IPA_CONSTRAINTS": "", "DIB_IPA_CONFIG": "", "DIB_IPA_PYTHON": "python3",
        "DIB_IPA_COMPRESS_CMD": "gzip", "DIB_IPA_MINIMAL_PRUNE": "0",
    ]
    /// A `python3` that makes an environment of programs that only write down how they were called.
    private static let python = """
        mkdir -p "$3/bin"
        for name in pip python ironic-python-agent glean-install cinder; do
            printf '#!/bin/bash\\necho "%s $*" >> /calls\\n' "$name" > "$3/bin/$name"
        done
        chmod 755 "$3"/bin/*
        """

    @Test(
        "sources of the agent that are not there are named at once",
        arguments: [
            ("DIB_IPA_SOURCE", "/no/such", "it does not exist"), ("DIB_IPA_WHEELS", "/etc/passwd", "no directory"),
            ("DIB_IPA_CONFIG", "/no/such", "there is no file '/no/such'"),
            ("DIB_INSTALLTYPE_ironic_python_agent", "snap", "is 'snap', not source, pip, local or package"),
            ("DIB_INIT_SYSTEM", "openrc", "the agent's unit is for systemd"),
        ])
    func refusals(variable: String, value: String, message: String) async throws {
        try await withScratchDirectory { scratch in
            var bench = try HookBench(
                scratch, elements: ["ironic-python-agent-ramdisk"],
                environment: Self.agent.merging(["DIB_IPA_SOURCE": "/etc"]) { $1 })
            #expect(try bench.runOutside("root.d/00-ironic-python-agent-check").status == 0)
            bench.environment[variable] = value
            let result = try bench.runOutside("root.d/00-ironic-python-agent-check")
            #expect(result.status == 1)
            #expect(result.output.contains(message), "\(result.output)")
        }
    }

    @Test(
        "the agent is installed from where it is wanted, and its pip asks an index only if it may",
        arguments: [
            ("source", [:], "/tmp/ironic-python-agent", []),
            ("pip", ["DIB_IPA_VERSION": "==11.2.0"], "ironic-python-agent==11.2.0", []),
            ("local", ["DIB_IPA_SOURCE": "agent.whl"], "/tmp/ironic-python-agent-sources/agent.whl", []),
            ("local", ["DIB_IPA_SOURCE": "checkout"], "/tmp/ironic-python-agent-sources/checkout", []),
            (
                "pip", ["DIB_IPA_WHEELS": "wheels", "DIB_IPA_CONSTRAINTS": "agent.whl"], "ironic-python-agent",
                [
                    "--no-index", "--find-links", "/tmp/ironic-python-agent-wheels", "--constraint",
                    "/tmp/ironic-python-agent-constraints",
                ]
            ),
        ] as [(String, [String: String], String, [String])])
    func install(kind: String, paths: [String: String], what: String, options: [String]) async throws {
        try await withScratchDirectory { scratch in
            try write("wheel", to: scratch.appending("agent.whl"))
            try write("x", to: scratch.appending("checkout/setup.cfg"))
            try write("x", to: scratch.appending("wheels/pbr.whl"))
            var variables = Self.agent.merging(["DIB_INSTALLTYPE_ironic_python_agent": kind]) { $1 }
            for (name, path) in paths { variables[name] = name.hasSuffix("VERSION") ? path : "\(scratch)/\(path)" }
            let bench = try HookBench(scratch, elements: ["ironic-python-agent-ramdisk"], environment: variables)
            try bench.fake("python3", Self.python)
            #expect(try bench.runOutside("extra-data.d/60-ironic-python-agent-sources").status == 0)
            let result = try bench.runInside("install.d/60-ironic-python-agent")
            #expect(result.status == 0, "\(result.output)")
            let pip = ["pip install --no-cache-dir --disable-pip-version-check --no-input"] + options + [what]
            #expect(
                bench.calls == [
                    "python3 -m venv /opt/ironic-python-agent", pip.joined(separator: " "),
                    "ironic-python-agent --help",
                    "python -m compileall -q /opt/ironic-python-agent/lib",
                ])
            #expect(!bench.exists("/tmp/ironic-python-agent-wheels"))
        }
    }

    @Test("the ramdisk is the tree without what is the builder's or of no use, and starts by /init")
    func pack() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["ironic-ramdisk-base"], environment: Self.agent)
            let kept = ["opt/agent/a.pyc", "etc/hostname", "var/cache", "init", "etc/fstab", "boot"]
            let left = [
                "etc/resolv.conf", "boot/vmlinuz-6.1.0-9-amd64", "tmp/x", "var/log/x", "srv/a.pyc",
            ]
            for path in ["etc/debian_version", "boot/initrd.img-6.1.0-9-amd64", "opt/agent/a.pyc", "etc/hostname"]
                + left
            {
                try bench.place("text\n", at: "/" + path)
            }
            try bench.place("0123456789abcdef0123456789abcdef\n", at: "/etc/machine-id")
            try bench.place("", at: "/var/cache/apt/x.deb")
            let result = try bench.runOutside("cleanup.d/99-pack-ironic-ramdisk", mounted: true)
            #expect(result.status == 0, "\(result.output)")
            #expect(try readText(scratch.appending("image.kernel")) == "text\n")
            let list = try runTool(
                "sh", ["-c", "zcat image.initramfs | cpio -t --quiet | sed 's%^\\./%%'"], directory: scratch.string)
            let names = Set(list.output.split(separator: "\n").map(String.init))
            #expect(Set(kept).subtracting(names) == [])
            #expect(names.intersection(left + ["var/cache/apt", "dev/zero"]) == [])
            let nodes = try runTool(
                "sh", ["-c", "zcat image.initramfs | grep -ao 'dev/[a-z]*' | tr '\\n' ' '"],
                directory: scratch.string)
            #expect(nodes.output == "dev/console dev/null dev/random dev/urandom ")
            #expect(try bench.rootText("/etc/machine-id") == "", "a first start at each start would enable every unit")
        }
    }

    @Test(
        "glean comes from where it is wanted, and is told what to do",
        arguments: [("source", "pbr glean"), ("repo", "pbr /tmp/glean.git")])
    func glean(kind: String, what: String) async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["simple-init"],
                environment: [
                    "DIB_SIMPLE_INIT_NETWORKMANAGER": "1", "DIB_SIMPLE_INIT_NO_DHCP_FALLBACK": "1",
                    "DIB_SIMPLE_INIT_WHEELS": "",
                ])
            try bench.fake("python3", Self.python)
            try bench.place("auto eth0\n", at: "/etc/network/interfaces.d/eth0")
            try bench.place("auto mine\n", at: "/etc/network/interfaces.d/mine")
            try bench.place("old\n", at: "/etc/network/interfaces")
            for hook in ["simple-init-\(kind)-install/40-glean", "50-simple-init", "60-simple-init-remove-interfaces"] {
                let result = try bench.runInside("install.d/\(hook)")
                #expect(result.status == 0, "\(result.output)")
            }
            #expect(
                bench.calls == [
                    "python3 -m venv /usr/glean",
                    "pip install --no-cache-dir --disable-pip-version-check --no-input \(what)",
                    "glean-install --use-nm --no-dhcp-fallback",
                ])
            #expect(!bench.exists("/etc/network/interfaces.d/eth0") && bench.exists("/etc/network/interfaces.d/mine"))
            #expect(try bench.rootText("/etc/network/interfaces").hasPrefix("auto lo\n"))
            #expect(try bench.rootText("/etc/modules-load.d/simple-init.conf") == "8021q\n")
        }
    }

    @Test("Cinder's client is installed in a place of its own, and asked for its version")
    func brickClient() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["python-brickclient"], environment: ["DIB_BRICKCLIENT_WHEELS": "/etc/apt"])
            try bench.fake("python3", Self.python)
            #expect(try bench.runOutside("extra-data.d/60-python-brickclient").status == 0)
            let result = try bench.runInside("post-install.d/55-brick-client-install")
            #expect(result.status == 0, "\(result.output)")
            #expect(bench.calls.last == "cinder --version")
            #expect(bench.calls.contains { $0.contains("--no-index") && $0.hasSuffix("python-brick-cinderclient-ext") })
        }
    }
}
