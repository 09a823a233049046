import BootTesting
import Foundation
import SystemPackage
import TestSupport
import Testing

/// A machine as a cloud starts it: a copy of the image on a larger disk, a NoCloud seed, and a network that leads in but not out.
///
/// What happens in it is learnt by SSH alone, as the user whom the cloud has told it of.
final class CloudMachine {
    /// What the cloud says of the machine.
    struct Seed {
        var user: String
        var hostName: String
        var publicKey: String

        /// One user, who may become root; the image's own default user is not among them.
        var userData: String {
            """
            #cloud-config
            users:
              - name: \(user)
                shell: /bin/bash
                sudo: ALL=(ALL) NOPASSWD:ALL
                ssh_authorized_keys: ['\(publicKey)']

            """
        }
        var metaData: String { "instance-id: \(hostName)-1\nlocal-hostname: \(hostName)\n" }
    }

    private let folder: FilePath
    private let seed: Seed
    private let privateKey: FilePath
    private let accelerator: QemuMachine.Accelerator
    private let port: Int
    private let process = Process()
    private var console: FilePath { folder.appending("console") }

    /// Starts a machine with a disk of `gibibytes` over `image`.
    init(
        image: FilePath, gibibytes: Int, seed: Seed, privateKey: FilePath, accelerator: QemuMachine.Accelerator,
        folder: FilePath
    ) throws {
        self.folder = folder
        self.accelerator = accelerator
        self.seed = seed
        self.privateKey = privateKey
        port = try WebServerDouble.freePort()
        try SampleSystem.shell("mkdir -p '\(folder)/seed'")
        try seed.userData.write(toFile: folder.appending("seed/user-data").string, atomically: false, encoding: .utf8)
        try seed.metaData.write(toFile: folder.appending("seed/meta-data").string, atomically: false, encoding: .utf8)
        try SampleSystem.shell(
            """
            cd '\(folder)'
            qemu-img create -q -f qcow2 -b '\(image)' -F qcow2 disk.qcow2 \(gibibytes)G
            xorriso -as mkisofs -quiet -output seed.iso -volid CIDATA -joliet -rock seed
            """)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["-s", "KILL", "1500", "qemu-system-x86_64"] + arguments
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        stop(process)
    }

    private var arguments: [String] {
        [
            "-nodefaults", "-no-user-config", "-machine", "q35", "-accel", accelerator.rawValue, "-cpu", "max",
            "-m", "1024", "-display", "none", "-no-reboot", "-device", "virtio-rng-pci",
            "-serial", "file:\(console)", "-qmp", "unix:\(folder)/qmp,server=on,wait=off",
            "-drive", "file=\(folder)/disk.qcow2,format=qcow2,if=virtio,cache=unsafe",
            "-drive", "file=\(folder)/seed.iso,format=raw,if=virtio,readonly=on",
            "-nic", "user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:\(port)-:22",
        ]
    }

    /// The last of the console, for when something went wrong.
    var lastWords: String {
        String(((try? String(contentsOfFile: console.string, encoding: .utf8)) ?? "").suffix(3000))
    }

    /// Runs a script as the seed's user, trying until the machine lets it in.
    func ask(_ script: String, within limit: TimeInterval = 900) throws -> ToolResult {
        let end = Date(timeIntervalSinceNow: limit)
        while true {
            let result = try ssh(as: seed.user, script)
            if result.status != 255 || Date() > end || !process.isRunning { return result }
            Thread.sleep(forTimeInterval: 3)
        }
    }

    /// One attempt to log in with the seed's key; status 255 if the machine refuses.
    func ssh(as user: String, _ script: String) throws -> ToolResult {
        try runTool(
            "ssh",
            [
                "-q", "-F", "none", "-i", privateKey.string, "-p", "\(port)", "-o", "BatchMode=yes", "-o",
                "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=\(folder)/known_hosts", "-o",
                "ConnectTimeout=20", "-o", "IdentitiesOnly=yes", "\(user)@127.0.0.1", script,
            ])
    }

    /// Presses the power button, and waits until the guest itself has switched the machine off.
    func pressPowerButton(waitingSeconds: Int = 300) throws -> String {
        let monitor = try QemuMonitor("\(folder)/qmp", answersWithin: waitingSeconds)
        let events = try monitor.execute("system_powerdown")
        return try events + monitor.lines(until: "\"SHUTDOWN\"")
    }
}
