import LinuxOS
import SystemPackage

/// Turns a request into a machine that is ready to start, and the proof that its guest will have to give.
struct BootPreparation: Sendable {
    let request: BootTestRequest
    let folder: FilePath
    let runner: any CommandRunner
    let tools: ToolPath

    struct Result: Sendable {
        var machine: QemuMachine
        let proof: BootProof
        let rootIsVerified: Bool
    }

    private var attempt: String { "boot-test '\(request.image)'" }

    func run(using generator: inout some RandomNumberGenerator) async throws -> Result {
        let disk = try ThrowawayDisk(of: request.image, in: folder)
        if !disk.isPartitioned, request.kernel == nil {
            throw BootTestError(
                .unsuitableImage, attempt, "it has no partition table, so nothing on it can boot",
                hint: "give its kernel and initial ramdisk with --kernel and --initrd")
        }
        var machine = QemuMachine(
            accelerator: .tcg, memoryMebibytes: request.memoryMebibytes, disk: disk.path,
            hasNetwork: request.hasNetwork)
        let root = request.injection == .seed ? nil : try await writableRoot(of: disk)
        let proof = try BootProof(level: request.level, hasToken: root != nil, using: &generator)
        if let root {
            try await root.write(proof.token, to: BootProof.tokenPath, through: folder.appending("token"))
        }
        switch request.injection {
        case .seed: machine.seed = try await seed(proof)
        case .kernelArguments:
            let arguments = KernelArguments(
                script: request.level == .root ? .shell(proof) : .system(proof))
            if let kernel = request.kernel {
                machine.kernel = kernel
                machine.initrd = request.initrd
                machine.append = try arguments.appended(to: Substring(request.append ?? defaultArguments(disk)))
            } else {
                try await edit(disk, arguments)
            }
        }
        return Result(machine: machine, proof: proof, rootIsVerified: root != nil)
    }

    /// The ext file system that holds the system, if there is one.
    private func writableRoot(of disk: ThrowawayDisk) async throws -> OfflineFilesystem? {
        for volume in disk.volumes where volume.identity.kind == .ext {
            try tools.require("debugfs", package: "e2fsprogs", for: attempt)
            let filesystem = OfflineFilesystem(disk: disk.path, offset: volume.offset, runner: runner)
            if try await filesystem.hasDirectory("/etc") { return filesystem }
        }
        return nil
    }

    private func edit(_ disk: ThrowawayDisk, _ arguments: KernelArguments) async throws {
        for volume in disk.volumes where volume.identity.kind == .ext {
            let filesystem = OfflineFilesystem(disk: disk.path, offset: volume.offset, runner: runner)
            for path in GrubConfiguration.paths {
                guard let text = try await filesystem.read(path) else { continue }
                let changed = try GrubConfiguration(text: text).booting(with: arguments)
                return try await filesystem.write(changed.text, to: path, through: folder.appending("grub.cfg"))
            }
        }
        let kinds = disk.volumes.map(\.identity.kind.rawValue).joined(separator: ", ")
        throw BootTestError(
            .unsuitableImage, attempt,
            "no grub.cfg was found on an ext file system (there is: \(kinds.isEmpty ? "none that is known" : kinds))",
            hint: "use --seed if the image has cloud-init, or --kernel and --initrd")
    }

    /// `root=` by what the image says of itself; a device name where no initramfs could look for it.
    private func defaultArguments(_ disk: ThrowawayDisk) -> String {
        let device = disk.isPartitioned ? "root=/dev/vda1" : "root=/dev/vda"
        let identity = disk.volumes.last?.identity
        return (identity?.rootArgument(hasInitrd: request.initrd != nil) ?? device) + " ro"
    }

    private func seed(_ proof: BootProof) async throws -> FilePath {
        guard let maker = SeedImage.Maker.allCases.first(where: { tools.has($0.rawValue) }) else {
            throw BootTestError(
                .missingTool, attempt, "no program is installed that makes a NoCloud seed",
                hint: "apt-get install xorriso")
        }
        let script = GuestScript.seed(proof, level: request.level)
        let image = SeedImage(userData: script.text, instanceIdentifier: "iid-\(proof.nonce)")
        return try await image.write(in: folder, maker: maker, runner: runner)
    }
}
