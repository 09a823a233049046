import Basics
import LinuxOS
import SystemPackage

/// Turns a request into a machine that is ready to start, and the proof that its guest will have to give.
struct BootPreparation: Sendable {
    let request: BootTestRequest
    let folder: FilePath
    let runner: any CommandRunner
    let tools: ToolPath
    var catalogue = FirmwareCatalogue.usual

    struct Result: Sendable {
        var machine: QemuMachine
        let proof: BootProof
        let rootIsVerified: Bool
    }

    private var attempt: String { "boot-test '\(request.image)'" }

    func run(using generator: inout some RandomNumberGenerator) async throws -> Result {
        if let ramdisk = try InitialRamdisk(request.image) { return try prepare(ramdisk, using: &generator) }
        guard request.level != .ramdisk else {
            throw BootTestError(
                .unsuitableImage, attempt, "it is no initial ramdisk",
                hint: "give NAME.initramfs as the image, and --kernel NAME.kernel")
        }
        // What is not installed is said before gigabytes are copied.
        let images = try request.firmware.map { try flashImages(for: $0) }
        let disk = try ThrowawayDisk(of: request.image, in: folder, sectorSize: request.sectorSize)
        if !disk.isPartitioned, request.kernel == nil {
            throw BootTestError(
                .unsuitableImage, attempt, "it has no partition table, so nothing on it can boot",
                hint: "give its kernel and initial ramdisk with --kernel and --initrd")
        }
        let firmware = request.firmware ?? (request.loader == nil ? disk.likelyFirmware : .uefi)
        let entry = try request.loader.map { try bootEntry($0, firmware, disk) }
        var machine = QemuMachine(
            accelerator: .tcg, memoryMebibytes: request.memoryMebibytes, disk: disk.path,
            hasNetwork: request.hasNetwork)
        machine.sectorSize = disk.sectorSize
        machine.firmware = try (images ?? flashImages(for: firmware)).map {
            try LoadedFirmware($0, entry: entry, in: folder, attempt: attempt)
        }
        let evidence = FirmwareEvidence(firmware, bootEntry: entry.map { _ in BootEntry.number })
        let injector = ProofInjection(request: request, disk: disk, folder: folder, runner: runner, tools: tools)
        let proof = try await injector.inject(into: &machine, evidence, using: &generator)
        return Result(machine: machine, proof: proof, rootIsVerified: !proof.token.isEmpty)
    }

    /// The kernel and the ramdisk alone, with the question appended to a copy of the ramdisk.
    private func prepare(
        _ ramdisk: InitialRamdisk, using generator: inout some RandomNumberGenerator
    ) throws -> Result {
        guard let kernel = request.kernel else {
            throw BootTestError(
                .unsuitableImage, attempt, "it is an initial ramdisk, which starts with a kernel only",
                hint: "give its kernel with --kernel")
        }
        let question = RamdiskProof(using: &generator)
        var machine = QemuMachine(
            accelerator: .tcg, memoryMebibytes: request.memoryMebibytes, disk: nil, hasNetwork: request.hasNetwork)
        machine.kernel = kernel
        let copy = folder.appending("ramdisk")
        try ramdisk.copy(to: copy, appending: question.archive)
        machine.initrd = copy
        machine.append = question.arguments(before: request.append)
        return Result(machine: machine, proof: BootProof(question), rootIsVerified: true)
    }

    private func flashImages(for firmware: Firmware) throws(BootTestError) -> FirmwareImages? {
        firmware == .bios ? nil : try catalogue.images(for: firmware, attempt: attempt)
    }

    private func bootEntry(
        _ loader: String, _ firmware: Firmware, _ disk: ThrowawayDisk
    ) throws(BootTestError) -> BootEntry {
        guard firmware != .bios else {
            throw BootTestError(.unsuitableImage, attempt, "a BIOS has no boot entries, so '\(loader)' cannot be one")
        }
        guard let entry = disk.table.flatMap({ BootEntry(loader: loader, on: $0) }) else {
            throw BootTestError(.unsuitableImage, attempt, "it has no EFI system partition that could hold '\(loader)'")
        }
        return entry
    }
}
