import Basics
package import LinuxOS
package import SystemPackage

/// The virtual machine of a test, as a value: prints as the QEMU command line it stands for.
package struct QemuMachine: Sendable, Equatable {
    package enum Accelerator: String, Sendable, Equatable, Codable {
        case kvm
        /// Every instruction translated; works everywhere, five to ten times slower.
        case tcg
    }

    package var accelerator: Accelerator
    package var memoryMebibytes: Int
    package var disk: FilePath
    /// A second disk that is only read.
    package var seed: FilePath?
    package var kernel: FilePath?
    package var initrd: FilePath?
    package var append: String?
    package var hasNetwork: Bool

    package static let program = "qemu-system-x86_64"

    package init(accelerator: Accelerator, memoryMebibytes: Int = 1024, disk: FilePath, hasNetwork: Bool = false) {
        self.accelerator = accelerator
        self.memoryMebibytes = memoryMebibytes
        self.disk = disk
        self.hasNetwork = hasNetwork
    }

    /// `graphics=off` has SeaBIOS copy its text screen to the serial port: what GRUB says when it fails is seen.
    package var arguments: [String] {
        var words = [
            "-nodefaults", "-no-user-config", "-machine", "q35,graphics=off", "-accel", accelerator.rawValue,
            "-cpu", accelerator == .kvm ? "host" : "max", "-m", "\(memoryMebibytes)", "-display", "none", "-no-reboot",
            "-device", "virtio-rng-pci", "-serial", "stdio",
            "-drive", "file=\(Self.escaped(disk)),format=raw,if=virtio,cache=unsafe",
        ]
        if let seed { words += ["-drive", "file=\(Self.escaped(seed)),format=raw,if=virtio,readonly=on"] }
        words += hasNetwork ? ["-nic", "user,model=virtio-net-pci,restrict=on"] : ["-nic", "none"]
        if let kernel { words += ["-kernel", kernel.string] }
        if let initrd { words += ["-initrd", initrd.string] }
        if let append { words += ["-append", append] }
        return words
    }

    /// The machine under `timeout`, so that QEMU ends even if this program is killed and cannot end it.
    package func command(timeLimit: Duration) -> Command {
        let seconds = timeLimit.components.seconds + 30
        var command = Command("timeout", ["-s", "KILL", "\(seconds)", Self.program] + arguments)
        command.shownAs = ([Self.program] + arguments).shellLine
        return command
    }

    /// QEMU's option syntax separates by commas and escapes one by a second.
    private static func escaped(_ path: FilePath) -> String { path.string.replacing(",", with: ",,") }
}
