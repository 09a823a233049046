import BootTesting
import Foundation
import SystemPackage

/// A machine that starts a deploy ramdisk as its boot server tells it to.
enum DeployMachine {
    /// Of the protocol between the ramdisk and its boot server.
    static let bootServerPort: UInt16 = 10000
    static let target = "iqn.2026-11.org.example:deploy"
    static let address = "52:54:00:12:34:56"

    /// Starts it in `scratch`, with its disk in `disk`, what TFTP has in `tftp`, and the pair `deploy`; the ports are of this
    /// host, for the iSCSI server and for the word that the image is written.
    static func start(
        _ accelerator: QemuMachine.Accelerator, ports: (Int, Int), in scratch: FilePath
    ) throws -> Process {
        let process = Process()
        let network =
            "user,model=virtio-net-pci,mac=\(address),tftp=\(scratch)/tftp"
            + ",hostfwd=tcp:127.0.0.1:\(ports.0)-:3260,hostfwd=tcp:127.0.0.1:\(ports.1)-:10000"
        let told = [
            "console=ttyS0", "panic=1", "ip=dhcp", "boot_server=10.0.2.2", "disk=sda,vda", "deployment_id=7",
            "deployment_key=secret", "iscsi_target_iqn=\(target)", "burnin_memory=2", "burnin_rounds=1",
            "HW_DISCOVERY_URL=http://10.0.2.2:\(bootServerPort)/inventory", "BOOT_IMAGE=deploy_kernel",
            "BOOTIF=01-\(address.replacing(":", with: "-"))",
        ]
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = [
            "-s", "KILL", "1500", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35", "-accel",
            accelerator.rawValue, "-cpu", "max", "-m", "1024", "-display", "none", "-no-reboot", "-serial",
            "file:\(scratch)/console", "-drive", "file=\(scratch)/disk,format=raw,if=virtio", "-nic", network,
            "-kernel", "\(scratch)/deploy.kernel", "-initrd", "\(scratch)/deploy.initramfs", "-append",
            told.joined(separator: " "),
        ]
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }
}
