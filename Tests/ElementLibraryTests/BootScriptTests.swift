import Foundation
import SystemPackage
import TestSupport
import Testing

/// Programs that elements leave in the image for its first boot.
@Suite("Programs of the booted image")
struct BootScriptTests {
    private static let script = Checkout.elements.appending("dhcp-all-interfaces/install.d/dhcp-all-interfaces.sh")

    /// A machine with a real, an unplugged, a software interface and a VLAN; `tools` are written to a PATH of their own.
    private func machine(_ scratch: FilePath, directory: String, rdisc6: String?) throws -> FilePath {
        for (name, kind, carrier) in [
            ("ens3", "0", "1"), ("ens4", "0", "0"), ("veth0", "1", "1"), ("ens3.5", "2", "1"), ("lo", "0", "1"),
        ] {
            try write(kind + "\n", to: scratch.appending("sys/class/net/\(name)/addr_assign_type"))
            try write(carrier + "\n", to: scratch.appending("sys/class/net/\(name)/carrier"))
            try write("1\n", to: scratch.appending("sys/class/net/\(name)/type"))
        }
        try write("0123456789abcdef0123456789abcdef\n", to: scratch.appending("etc/machine-id"))
        try FileManager.default.createDirectory(
            atPath: scratch.appending(directory).string, withIntermediateDirectories: true)
        let tools = scratch.appending("bin")
        for (name, body) in [("ip", "exit 0"), ("sleep", "exit 0"), ("rdisc6", rdisc6 ?? "exit 2")] {
            try write("#!/bin/bash\n\(body)\n", to: tools.appending(name), mode: 0o755)
        }
        let filled = try readText(Self.script).replacing("@DHCP_TIMEOUT@", with: "2")
        try write(filled, to: scratch.appending("dhcp.sh"), mode: 0o755)
        return tools
    }

    private func run(_ scratch: FilePath, _ tools: FilePath) throws -> ToolResult {
        try runTool(
            scratch.appending("dhcp.sh").string, [],
            environment: ["PATH": "\(tools):/usr/bin:/bin", "DHCP_ALL_INTERFACES_ROOT": scratch.string, "LC_ALL": "C"])
    }

    @Test(
        "a real interface with a link gets DHCP, and IPv6 as its routers announce it",
        arguments: [
            (nil, ""), ("echo 'Stateful address conf. : Yes'", "iface ens3 inet6 dhcp\n"),
            (
                "echo 'Stateful address conf. : No'; echo 'Stateful other conf. : Yes'",
                "iface ens3 inet6 auto\n    dhcp 1\n"
            ),
            ("echo 'Stateful address conf. : No'", "iface ens3 inet6 auto\n    dhcp 0\n"), ("exit 1", ""),
        ] as [(String?, String)])
    func eni(rdisc6: String?, extra: String) async throws {
        try await withScratchDirectory { scratch in
            let tools = try machine(scratch, directory: "etc/network", rdisc6: rdisc6)
            try write("source /etc/network/interfaces.d/*\n", to: scratch.appending("etc/network/interfaces"))
            let result = try run(scratch, tools)
            #expect(result.status == 0)
            #expect(
                result.output == """
                    dhcp-all-interfaces: 'ens3' gets its address by DHCP
                    dhcp-all-interfaces: 'ens3.5' gets its address by DHCP
                    dhcp-all-interfaces: 'ens4' has no link, skipped
                    dhcp-all-interfaces: 'veth0' is not a real interface, skipped

                    """)
            let stanza = "auto ens3\niface ens3 inet dhcp\n" + extra
            #expect(try readText(scratch.appending("etc/network/interfaces.d/ens3")) == stanza)
            _ = try run(scratch, tools)
            #expect(
                try readText(scratch.appending("etc/network/interfaces.d/ens3")) == stanza, "a second boot adds nothing"
            )
            let seed = try? readText(scratch.appending("var/lib/dhcp/dhclient6.ens3.leases"))
            let duid =
                #"default-duid "\000\004\001\043\105\147\211\253\315\357\001\043\105\147\211\253\315\357";"# + "\n"
            #expect(seed == (extra.contains("dhcp 1") || extra.contains("inet6 dhcp") ? duid : nil))
        }
    }

    @Test(
        "other formats are written where their systems read them",
        arguments: [
            (
                "etc/sysconfig/network-scripts", "ens3",
                "DEVICE=\"ens3\"\nBOOTPROTO=\"dhcp\"\nONBOOT=\"yes\"\nTYPE=\"Ethernet\"\n"
            ),
            (
                "etc/sysconfig/network-scripts", "ens3.5",
                "DEVICE=\"ens3.5\"\nBOOTPROTO=\"dhcp\"\nONBOOT=\"yes\"\nVLAN=\"yes\"\n"
            ),
            ("etc/sysconfig/network", "ens3", "BOOTPROTO=\"dhcp\"\nSTARTMODE=\"auto\"\n"),
        ])
    func otherFormats(directory: String, interface: String, expected: String) async throws {
        try await withScratchDirectory { scratch in
            let tools = try machine(scratch, directory: directory, rdisc6: nil)
            #expect(try run(scratch, tools).status == 0)
            #expect(try readText(scratch.pushing(FilePath("\(directory)/ifcfg-\(interface)"))) == expected)
        }
    }

    @Test("a system that configures interfaces in no known way is an error")
    func unknownFormat() async throws {
        try await withScratchDirectory { scratch in
            let tools = try machine(scratch, directory: "etc/other", rdisc6: nil)
            #expect(try run(scratch, tools).status == 1)
        }
    }

    @Test("the unit, the rule and the script are installed with their settings", .requires(.root))
    func installed() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(
                scratch, elements: ["dhcp-all-interfaces"], environment: ["DIB_DHCP_TIMEOUT": "45"])
            try bench.place("retry 5;\ntimeout 300;\n", at: "/etc/dhcp/dhclient.conf")
            try bench.place("auto eth0\niface eth0 inet dhcp\n", at: "/etc/network/interfaces")
            try bench.place("x", at: "/etc/network/interfaces.d/eth0")
            try bench.place("", at: "/etc/NetworkManager/NetworkManager.conf")
            for hook in ["50-dhcp-all-interfaces", "60-remove-cloud-image-interfaces"] {
                let result = try bench.runInside("install.d/\(hook)")
                #expect(result.status == 0, "\(result.output)")
            }
            #expect(try bench.rootText("/usr/local/sbin/dhcp-all-interfaces.sh").contains("\ntimeout=45\n"))
            #expect(
                try bench.rootText("/usr/lib/systemd/system/dhcp-interface@.service").contains(
                    "\nTimeoutStartSec=90s\n"))
            #expect(
                try bench.rootText("/etc/NetworkManager/conf.d/00-main.conf").hasPrefix(
                    "[main]\nignore-carrier=*\ndhcp=internal\n"))
            #expect(
                try bench.rootText("/etc/dhcp/dhclient.conf")
                    == "#retry 5;\n# Set by the element dhcp-all-interfaces.\ntimeout 45;\n")
            #expect(bench.exists("/etc/udev/rules.d/99-dhcp-all-interfaces.rules"))
            #expect(
                try bench.rootText("/etc/network/interfaces")
                    == "auto lo\niface lo inet loopback\n\nsource /etc/network/interfaces.d/*\n")
            #expect(!bench.exists("/etc/network/interfaces.d/eth0"))
        }
    }

    @Test(
        "the root partition and its filesystem grow, however they can",
        arguments: [
            ("growpart", "ext4", "exit 0", ["growpart /dev/vda 2", "resize2fs /dev/vda2"], 0),
            ("growpart", "ext4", "exit 1", ["growpart /dev/vda 2", "resize2fs /dev/vda2"], 0),
            ("growpart", "ext4", "exit 2", ["growpart /dev/vda 2"], 2),
            ("growpart", "xfs", "exit 0", ["growpart /dev/vda 2", "xfs_growfs /"], 0),
            (
                "sfdisk", "btrfs", "exit 0",
                [
                    "sfdisk --no-reread --no-tell-kernel --partno 2 /dev/vda", "partx --update --nr 2 /dev/vda",
                    "btrfs filesystem resize max /",
                ], 0
            ),
            ("sfdisk", "ext4", "exit 1", ["sfdisk --no-reread --no-tell-kernel --partno 2 /dev/vda"], 2),
        ] as [(String, String, String, [String], Int32)])
    func growroot(tool: String, type: String, body: String, expected: [String], status: Int32) async throws {
        try await withScratchDirectory { scratch in
            let partition = scratch.appending("devices/vda/vda2")
            try write("2\n", to: partition.appending("partition"))
            try write("100\n", to: partition.appending("size"))
            try FileManager.default.createDirectory(
                atPath: scratch.appending("sys/dev/block").string, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: scratch.appending("sys/dev/block/254:2").string, withDestinationPath: partition.string)
            let bin = scratch.appending("bin")
            let log = "echo \"${0##*/} $*\" >> \(scratch)/calls"
            for name in ["resize2fs", "xfs_growfs", "btrfs", "partx"] {
                let grows = name == "partx" ? "echo 200 > \(partition)/size" : ""
                try write("#!/bin/bash\n\(log)\n\(grows)\n", to: bin.appending(name), mode: 0o755)
            }
            try write("#!/bin/bash\n\(log)\n\(body)\n", to: bin.appending(tool), mode: 0o755)
            try write("#!/bin/bash\necho '/dev/vda2 \(type) 254:2'\n", to: bin.appending("findmnt"), mode: 0o755)
            for name in ["bash", "readlink", "cat"] {
                try FileManager.default.createSymbolicLink(
                    atPath: bin.appending(name).string, withDestinationPath: "/usr/bin/\(name)")
            }
            let program = Checkout.elements.appending("growroot/static/usr/local/sbin/growroot").string
            let result = try runTool(
                "/bin/bash", [program],
                environment: ["PATH": bin.string, "GROWROOT_SYS": scratch.appending("sys").string])
            #expect(try readText(scratch.appending("calls")).split(separator: "\n").map(String.init) == expected)
            #expect(result.status == status)
        }
    }

    @Test("missing and empty host keys are made, others kept", .requires(.root, .tool("ssh-keygen")))
    func hostKeys() async throws {
        try await withScratchDirectory { scratch in
            let bench = try HookBench(scratch, elements: ["runtime-ssh-host-keys"])
            try bench.place("mine", at: "/etc/ssh/ssh_host_rsa_key")
            try bench.place("", at: "/etc/ssh/ssh_host_ecdsa_key")
            let result = try bench.runInside(command: [
                "/tmp/in_target.d/static/usr/local/sbin/runtime-ssh-host-keys.sh"
            ])
            #expect(result.status == 0, "\(result.output)")
            let names = try FileManager.default.contentsOfDirectory(atPath: bench.rootPath("/etc/ssh").string).sorted()
            #expect(
                names == [
                    "ssh_host_ecdsa_key", "ssh_host_ecdsa_key.pub", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub",
                    "ssh_host_rsa_key",
                ])
            #expect(try bench.rootText("/etc/ssh/ssh_host_rsa_key") == "mine")
        }
    }
}
