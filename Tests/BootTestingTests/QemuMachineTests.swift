import LinuxOS
import SystemPackage
import Testing

@testable import BootTesting

@Suite struct QemuMachineTests {
    private let common = [
        "-nodefaults", "-no-user-config", "-machine", "q35,graphics=off", "-accel", "tcg", "-cpu", "max", "-m", "1024",
        "-display", "none", "-no-reboot", "-device", "virtio-rng-pci", "-serial", "stdio",
    ]

    @Test func aDiskBootsByItself() {
        let machine = QemuMachine(accelerator: .tcg, disk: "/tmp/a,b/disk")
        let disk = ["-drive", "file=/tmp/a,,b/disk,format=raw,if=virtio,cache=unsafe"]
        #expect(machine.arguments == common + disk + ["-nic", "none"])
    }

    @Test func aBareFileSystemBootsWithItsKernel() {
        var machine = QemuMachine(accelerator: .tcg, disk: "/d", hasNetwork: true)
        machine.seed = "/s"
        machine.kernel = "/k"
        machine.initrd = "/i"
        machine.append = "root=LABEL=x ro"
        let rest = [
            "-drive", "file=/d,format=raw,if=virtio,cache=unsafe", "-drive",
            "file=/s,format=raw,if=virtio,readonly=on", "-nic", "user,model=virtio-net-pci,restrict=on", "-kernel",
            "/k",
            "-initrd", "/i", "-append", "root=LABEL=x ro",
        ]
        #expect(machine.arguments == common + rest)
    }

    @Test func theCommandEndsEvenWithoutUs() {
        let machine = QemuMachine(accelerator: .kvm, memoryMebibytes: 64, disk: "/d")
        let command = machine.command(timeLimit: .seconds(100))
        let words = [command.executable] + command.arguments.prefix(4)
        #expect(words == ["timeout", "-s", "KILL", "130", "qemu-system-x86_64"])
        #expect(command.description.hasPrefix("qemu-system-x86_64 -nodefaults"))
        #expect(machine.arguments.contains("host"))
    }
}
