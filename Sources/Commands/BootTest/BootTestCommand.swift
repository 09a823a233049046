package import ArgumentParser
import Basics
import BootTesting
import Foundation
import LinuxOS
import SystemPackage

/// `ingot boot-test IMAGE`: boots an image under QEMU and demands a proof that only its guest can give.
package struct BootTestCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "boot-test",
        abstract: "Boot an image under QEMU and have the guest prove it.",
        discussion: """
            Works on a throw-away copy, with KVM if it really runs code here and by translation if not. A question made up \
            for this run is passed to the guest with the kernel's arguments (or with a NoCloud seed); the test passes only \
            if the guest itself gives the computed answer on the serial console, in time. Exits with status 1 otherwise, \
            with the end of the serial log.

            Images of a bare file system are booted with --kernel and --initrd. An initial ramdisk (NAME.initramfs) is an image, \
            too: with --kernel NAME.kernel it is booted alone, and its /init has to come to work. The guest also has to find the firmware that \
            was asked for: under UEFI its variables, under Secure Boot the one that says so.
            """)

    @Argument(help: "The image, in any format that is read.", completion: .file())
    var image: String

    @Option(help: "Boot this kernel instead of the disk's boot loader.", completion: .file())
    var kernel: String?

    @Option(help: "The initial ramdisk that belongs to the kernel.", completion: .file())
    var initrd: String?

    @Option(help: "Arguments for that kernel instead of 'root=… ro'.")
    var append: String?

    @Option(
        help: ArgumentHelp(
            "What starts the machine; without it, UEFI for an image with an EFI system partition and no GRUB for a BIOS.",
            valueName: "bios|uefi|secure-boot"))
    var firmware: Firmware?

    @Option(
        help: ArgumentHelp(
            "Start this file of the EFI system partition, such as EFI/debian/shimx64.efi, by an entry in the boot menu.",
            valueName: "path"))
    var efiLoader: String?

    @Option(
        help: ArgumentHelp(
            "Bytes of the disk's sectors; without it, what the partition table is made for.", valueName: "512|4096"))
    var sectorSize: UInt64?

    @Option(
        help: ArgumentHelp(
            "What to prove: a shell on the root file system (root), or a running system without failed units (system); of a ramdisk, that its /init works.",
            valueName: "root|system|ramdisk"))
    var level = BootTestRequest.Level.root

    @Flag(help: "Ask with a NoCloud seed instead of kernel arguments; the image needs cloud-init.")
    var seed = false

    @Flag(help: "Give the guest a network with DHCP that leads nowhere.")
    var network = false

    @Option(help: ArgumentHelp("The time limit.", valueName: "seconds"))
    var timeout = 300

    @Option(help: ArgumentHelp("The guest's memory.", valueName: "MiB"))
    var memory = 1024

    @Option(help: "Write the serial log here; without it, one is kept only if the test fails.", completion: .file())
    var log: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        if initrd != nil || append != nil, kernel == nil {
            throw ValidationError("--initrd and --append need --kernel")
        }
        if seed, kernel != nil { throw ValidationError("--seed and --kernel exclude each other") }
        if timeout < 1 { throw ValidationError("--timeout must be at least 1") }
        if let sectorSize, sectorSize != 512, sectorSize != 4096 {
            throw ValidationError("--sector-size must be 512 or 4096")
        }
        if efiLoader != nil, firmware == .bios || kernel != nil {
            throw ValidationError("--efi-loader needs UEFI, and excludes --kernel")
        }
        if memory < 64 { throw ValidationError("--memory must be at least 64") }
    }

    private var request: BootTestRequest {
        var request = BootTestRequest(image: FilePath(image))
        request.kernel = kernel.map { FilePath($0) }
        request.initrd = initrd.map { FilePath($0) }
        request.append = append
        request.firmware = firmware
        request.loader = efiLoader
        request.sectorSize = sectorSize
        request.level = level
        request.injection = seed ? .seed : .kernelArguments
        request.memoryMebibytes = memory
        request.timeLimit = .seconds(timeout)
        request.hasNetwork = network
        request.log = log.map { FilePath($0) }
        return request
    }

    /// In a session of its own where that is possible: then even SIGKILL leaves neither QEMU nor the copy behind.
    package func run() async throws {
        if !Session.isInside, Session.isPossible { try Session.enter() }
        let signals = try SignalStream.signals()
        let tester = BootTester(
            runner: SubprocessRunner(), environment: Environment(ProcessInfo.processInfo.environment))
        let request = request
        let test = Task { try await tester.run(request) }
        let watcher = Task { () -> Int32? in
            for await signal in signals {
                test.cancel()
                return signal
            }
            return nil
        }
        let result = await test.result
        watcher.cancel()
        if let signal = await watcher.value { SignalStream.die(by: signal) }
        let report = try result.get()
        printOutput(json ? try BootTestText.json(report) : BootTestText.summary(report))
        if !report.passed { throw ExitCode.failure }
    }
}

extension BootTestRequest.Level: ExpressibleByArgument {}

extension Firmware: ExpressibleByArgument {}
