import Foundation
import SystemPackage
import TestSupport
import Testing

/// Programs that elements leave in the image, against command lines and firmware that are not there.
@Suite("Programs that read the machine they start on")
struct DynamicLoginTests {
    private func program(_ path: String, tools: [String: String], in scratch: FilePath) throws -> (
        ToolResult, calls: [String]
    ) {
        let log = scratch.appending("calls")
        for (name, body) in tools {
            let script = "#!/bin/bash\necho \"\(name) $*\" >> \(log)\n\(body)\n"
            try write(script, to: scratch.appending("bin/\(name)"), mode: 0o755)
        }
        let result = try runTool(
            "/bin/bash", [Checkout.elements.pushing(FilePath(path)).string],
            environment: ["PATH": "\(scratch)/bin:/usr/bin:/bin", "DYNAMIC_LOGIN_ROOT": scratch.string, "LC_ALL": "C"])
        return (result, ((try? readText(log)) ?? "").split(separator: "\n").map(String.init))
    }

    @Test(
        "dynamic-login takes hash and key from the kernel's command line, in every way they can be quoted",
        arguments: [
            ("quiet ro", nil, nil), ("xrootpwd=a xsshkey=b", nil, nil),
            ("ro rootpwd=$6$salt$hash quiet", "root:$6$salt$hash", nil),
            ("rootpwd=\"$6$salt$hash\"", "root:$6$salt$hash", nil),
            ("rootpwd=JDYkc2FsdCRoYXNo ro", "root:$6$salt$hash", nil),
            ("sshkey=\"ssh-ed25519 AAAA me@here\" ro", nil, "ssh-ed25519 AAAA me@here\n"),
            ("ro \"sshkey=ssh-ed25519 AAAA me\"", nil, "ssh-ed25519 AAAA me\n"),
            ("rootpwd=$1$a$b sshkey=\"ssh-rsa BBBB\"", "root:$1$a$b", "ssh-rsa BBBB\n"),
        ] as [(String, String?, String?)])
    func dynamicLogin(line: String, password: String?, keys: String?) async throws {
        try await withScratchDirectory { scratch in
            try write(line + "\n", to: scratch.appending("proc/cmdline"))
            try write("old\n", to: scratch.appending("root/keep"))
            let (result, calls) = try program(
                "dynamic-login/static/usr/local/bin/dynamic-login", tools: ["chpasswd": "cat > '\(scratch)/password'"],
                in: scratch)
            #expect(result.status == 0, "\(result.output)")
            #expect(calls == (password == nil ? [] : ["chpasswd --encrypted"]))
            #expect((try? readText(scratch.appending("password"))) == password.map { $0 + "\n" })
            let file = scratch.appending("root/.ssh/authorized_keys")
            #expect((try? readText(file)) == keys)
            if keys != nil {
                let attributes = try FileManager.default.attributesOfItem(atPath: file.string)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test(
        "ibft-interfaces brings interfaces up only where the firmware has left a table",
        arguments: [
            (0, 0, ["iscsistart -f", "iscsistart -N", "udevadm settle"], Int32(0)),
            (1, 0, ["iscsistart -f"], 0), (0, 5, ["iscsistart -f", "iscsistart -N"], 5),
        ])
    func ibft(table: Int, up: Int, expected: [String], status: Int32) async throws {
        try await withScratchDirectory { scratch in
            let (result, calls) = try program(
                "ibft-interfaces/static/usr/local/sbin/init-ibft-interfaces.sh",
                tools: [
                    "modprobe": "exit 1", "udevadm": "",
                    "iscsistart": "[ \"$1\" = -f ] && exit \(table)\nexit \(up)",
                ], in: scratch)
            #expect(result.status == status, "\(result.output)")
            #expect(calls.filter { !$0.hasPrefix("modprobe") } == expected)
            #expect(
                calls.filter { $0.hasPrefix("modprobe") }
                    == ["iscsi_boot_sysfs", "iscsi_ibft", "iscsi_tcp"].map { "modprobe --quiet \($0)" })
        }
    }
}
