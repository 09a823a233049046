import BootTesting
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

/// The element `cloud-ready`, by what two machines made of one image know of themselves.
@Suite(
    .serialized,
    .requires(
        .optIn("INGOT_BOOT_TESTS"), .root, .loopDevices, .tool("qemu-system-x86_64"), .tool("qemu-img"),
        .tool("mmdebstrap"), .tool("xorriso"), .tool("ssh")),
    .timeLimit(.minutes(45)))
struct CloudReadyTests {
    /// Elements that may be in one image with it, and leave something that starts at boot.
    private static let companions = [
        "autoupdates", "debian-systemd", "disable-nouveau", "dynamic-login", "fail2ban", "ibft-interfaces",
    ]

    /// What a machine is asked, one line NAME=VALUE each; the first waits until systemd has started everything.
    private static let questions = """
        echo "state=$(systemctl is-system-running --wait)"
        echo "failed=$(systemctl --failed --no-legend --plain | cut -d' ' -f1 | tr '\\n' ' ')"
        echo "user=$(id -un) $(sudo id -un)"
        echo "host=$(hostname)"
        echo "root=$(df --block-size=1 --output=size / | tail -n 1 | tr -d ' ')"
        echo "machine=$(cat /etc/machine-id)"
        echo "keys=$(cat /etc/ssh/ssh_host_*_key.pub | cut -d' ' -f1,2 | tr '\\n' ' ')"
        echo "people=$(awk -F: '$3 >= 1000 && $3 < 65534 { print $1 }' /etc/passwd | tr '\\n' ' ')"
        echo "rootPassword=$(sudo passwd --status root | cut -d' ' -f2)"
        echo "time=$(systemctl is-active systemd-timesyncd)"
        echo "serial=$(systemctl is-active serial-getty@ttyS0)"
        echo "cloudInit=$(cloud-init status | head -n 1)"
        echo "rules=$(ls /etc/udev/rules.d | grep -c persistent)"
        echo "services=$(systemctl is-enabled dynamic-login init-ibft-interfaces fail2ban unattended-upgrades | tr '\\n' ' ')"
        """

    @Test func twoMachinesOfOneImageAreMadeByTheirCloud() async throws {
        try await withScratchDirectory { scratch in
            let image = try build(in: scratch)
            try SampleSystem.shell("ssh-keygen -q -t ed25519 -N '' -f '\(scratch)/key'")
            let publicKey = try String(contentsOfFile: scratch.appending("key.pub").string, encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            let accelerator = try await AcceleratorProbe(runner: SubprocessRunner()).best(in: scratch)
            var answers: [[String: String]] = []
            for (name, gibibytes) in [("first", 6), ("second", 9)] {
                let user = "u\(Int.random(in: 10000...99999))", host = "h\(Int.random(in: 10000...99999))"
                let machine = try CloudMachine(
                    image: image, gibibytes: gibibytes, seed: .init(user: user, hostName: host, publicKey: publicKey),
                    privateKey: scratch.appending("key"), accelerator: accelerator, folder: scratch.appending(name))
                let answer = try Self.facts(of: machine)
                Self.expectACloudsMachine(answer, user: user, host: host, gibibytes: gibibytes)
                #expect(try machine.ssh(as: "root", "id").status != 0, "root does not log in")
                let events = try machine.pressPowerButton()
                #expect(events.contains(#""reason": "guest-shutdown""#), "\(events) \(machine.lastWords)")
                answers.append(answer)
            }
            let keys = answers.map { Set(($0["keys"] ?? "").split(separator: " ").filter { $0.count > 30 }) }
            #expect(keys.map(\.count) == [3, 3])
            #expect(keys[0].isDisjoint(with: keys[1]), "host keys are a machine's own")
            #expect(Set(answers.map { $0["machine"] ?? "" }).count == 2)
        }
    }

    private static func expectACloudsMachine(
        _ answer: [String: String], user: String, host: String, gibibytes: Int
    ) {
        let root = UInt64(answer["root"] ?? "") ?? 0
        #expect(root > UInt64(gibibytes) << 30 * 93 / 100, "the root fills the disk: \(root)")
        #expect((answer["machine"] ?? "").count == 32)
        var rest = answer
        for name in ["root", "machine", "keys"] { rest[name] = nil }
        #expect(
            rest == [
                "state": "running", "failed": "", "user": "\(user) root", "host": host, "people": user,
                "rootPassword": "L", "time": "active", "serial": "active", "cloudInit": "status: done", "rules": "0",
                "services": "enabled enabled enabled enabled",
            ])
    }

    /// The machine's answers by their names.
    private static func facts(of machine: CloudMachine) throws -> [String: String] {
        let result = try machine.ask(questions)
        try #require(result.status == 0, "\(result.output) \(machine.lastWords)")
        return Dictionary(
            result.output.split(separator: "\n").compactMap { line -> (String, String)? in
                guard let mark = line.firstIndex(of: "=") else { return nil }
                let value = line[line.index(after: mark)...].trimmingCharacters(in: .whitespaces)
                return (String(line[..<mark]), value)
            }, uniquingKeysWith: { first, _ in first })
    }

    private func build(in scratch: FilePath) throws -> FilePath {
        let jail = scratch.appending("jail.local"), updates = scratch.appending("50unattended-upgrades")
        try "[sshd]\nenabled = true\nbackend = systemd\n".write(toFile: jail.string, atomically: false, encoding: .utf8)
        try "Unattended-Upgrade::Automatic-Reboot \"false\";\n".write(
            toFile: updates.string, atomically: false, encoding: .utf8)
        let variables = ProcessInfo.processInfo.environment.merging([
            "TMPDIR": scratch.string, "DIB_DEBUG_TRACE": "0", "DIB_FAIL2BAN_CONF": jail.string,
            "DIB_DEB_UPDATES_CONF": updates.string, "DIB_DEBIAN_KERNEL": "linux-image-cloud-amd64",
        ]) { _, new in new }
        let build = try runTool(
            Checkout.ingot.string, ["build", "-o", "ready", "debian", "vm", "cloud-ready"] + Self.companions,
            environment: variables, directory: scratch.string)
        try #require(build.status == 0, "\(build.output.suffix(4000))")
        return scratch.appending("ready.qcow2")
    }
}
