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
    /// None for an initial ramdisk that is booted alone.
    package var disk: FilePath?
    /// Bytes of a logical sector of that disk.
    package var sectorSize: UInt64 = 512
    /// Nil means SeaBIOS.
    package var firmware: LoadedFirmware?
    /// A second disk that is only read.
    package var seed: FilePath?
    package var kernel: FilePath?
    package var initrd: FilePath?
    package var append: String?
    package var hasNetwork: Bool

    package static let program = "qemu-system-x86_64"

    package init(accelerator: Accelerator, memoryMebibytes: Int = 1024, disk: FilePath?, hasNetwork: Bool = false) {
        self.accelerator = accelerator
        self.memoryMebibytes = memoryMebibytes
        self.disk = disk
        self.hasNetwork = hasNetwork
    }

    private var machine: String { "q35,graphics=off" + (firmware?.isSecure == true ? ",smm=on" : "") }

    /// The firmware's two flash chips; Secure Boot rests on the variables being closed to the system.
    private var flash: [String] {
        guard let firmware else { return [] }
        let chips = [
            "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(Self.escaped(firmware.code))",
            "-drive", "if=pflash,unit=1,format=raw,file=\(Self.escaped(firmware.variables))",
        ]
        return chips
            + (firmware.isSecure
                ? ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"] : [])
    }

    private var drive: [String] {
        guard let disk else { return [] }
        let file = "file=\(Self.escaped(disk)),format=raw,cache=unsafe"
        guard sectorSize != 512 else { return ["-drive", file + ",if=virtio"] }
        let sizes = "logical_block_size=\(sectorSize),physical_block_size=\(sectorSize)"
        return ["-drive", file + ",if=none,id=disk", "-device", "virtio-blk-pci,drive=disk,\(sizes)"]
    }

    /// `graphics=off` has SeaBIOS copy its text screen to the serial port: what GRUB says when it fails is seen.
    package var arguments: [String] {
        var words = [
            "-nodefaults", "-no-user-config", "-machine", machine, "-accel", accelerator.rawValue,
            "-cpu", accelerator == .kvm ? "host" : "max", "-m", "\(memoryMebibytes)", "-display", "none", "-no-reboot",
            "-device", "virtio-rng-pci", "-serial", "stdio",
        ]
        words += flash + drive
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
