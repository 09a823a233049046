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
        let disk = ["-drive", "file=/tmp/a,,b/disk,format=raw,cache=unsafe,if=virtio"]
        #expect(machine.arguments == common + disk + ["-nic", "none"])
    }

    @Test func aBareFileSystemBootsWithItsKernel() {
        var machine = QemuMachine(accelerator: .tcg, disk: "/d", hasNetwork: true)
        machine.seed = "/s"
        machine.kernel = "/k"
        machine.initrd = "/i"
        machine.append = "root=LABEL=x ro"
        let rest = [
            "-drive", "file=/d,format=raw,cache=unsafe,if=virtio", "-drive",
            "file=/s,format=raw,if=virtio,readonly=on", "-nic", "user,model=virtio-net-pci,restrict=on", "-kernel",
            "/k",
            "-initrd", "/i", "-append", "root=LABEL=x ro",
        ]
        #expect(machine.arguments == common + rest)
    }

    @Test func firmwareIsInFlashAndSecureBootGuardsIt() {
        var machine = QemuMachine(accelerator: .tcg, disk: "/d")
        machine.firmware = LoadedFirmware(code: "/code,1.fd", variables: "/vars.fd", isSecure: false)
        let flash = [
            "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=/code,,1.fd", "-drive",
            "if=pflash,unit=1,format=raw,file=/vars.fd",
        ]
        let disk = ["-drive", "file=/d,format=raw,cache=unsafe,if=virtio", "-nic", "none"]
        #expect(machine.arguments == common + flash + disk)
        machine.firmware = LoadedFirmware(code: "/code,1.fd", variables: "/vars.fd", isSecure: true)
        let guards = ["-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1"]
        let secure = common.map { $0 == "q35,graphics=off" ? "q35,graphics=off,smm=on" : $0 }
        #expect(machine.arguments == secure + flash + guards + disk)
    }

    @Test func aDiskMayHaveSectorsOf4096Bytes() {
        var machine = QemuMachine(accelerator: .tcg, disk: "/d")
        machine.sectorSize = 4096
        let disk = [
            "-drive", "file=/d,format=raw,cache=unsafe,if=none,id=disk", "-device",
            "virtio-blk-pci,drive=disk,logical_block_size=4096,physical_block_size=4096", "-nic", "none",
        ]
        #expect(machine.arguments == common + disk)
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
