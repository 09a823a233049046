import LinuxOS
import SystemPackage

/// Gets the question of a test into the guest: a token on its root file system, a script in its kernel's arguments.
struct ProofInjection: Sendable {
    let request: BootTestRequest
    let disk: ThrowawayDisk
    let folder: FilePath
    let runner: any CommandRunner
    let tools: ToolPath

    private var attempt: String { "boot-test '\(request.image)'" }

    private var filesystems: GuestFilesystems {
        GuestFilesystems(disk: disk, folder: folder, runner: runner, tools: tools, attempt: attempt)
    }

    func inject(
        into machine: inout QemuMachine, _ evidence: FirmwareEvidence, using generator: inout some RandomNumberGenerator
    ) async throws -> BootProof {
        let root = request.injection == .seed ? nil : try await rootVolume()
        let proof = try BootProof(
            level: request.level, hasToken: root != nil, evidence: evidence, using: &generator)
        if let root {
            try await filesystems.with(root) {
                try await $0.write(proof.token, to: BootProof.tokenPath, through: folder.appending("token"))
            }
        }
        switch request.injection {
        case .seed: machine.seed = try await seed(proof)
        case .kernelArguments:
            let arguments = KernelArguments(
                script: request.level == .root ? .shell(proof) : .system(proof))
            if let kernel = request.kernel {
                machine.kernel = kernel
                machine.initrd = request.initrd
                machine.append = try arguments.appended(to: Substring(request.append ?? defaultArguments))
            } else {
                try await editMenus(arguments)
            }
        }
        return proof
    }

    /// The file system that holds the system, if there is one that can be changed here.
    private func rootVolume() async throws -> ThrowawayDisk.Volume? {
        for volume in disk.volumes {
            do {
                if try await filesystems.with(volume, { try await $0.hasDirectory("/etc") }) { return volume }
            } catch let error as BootTestError where error.kind == .missingAbility && request.kernel != nil {
                continue  // The kernel's arguments get in without it; the report tells that the root is not verified.
            }
        }
        return nil
    }

    /// Changes every grub.cfg: which of them counts is for the boot loader to decide.
    private func editMenus(_ arguments: KernelArguments) async throws {
        var changed = false
        for volume in disk.volumes {
            let folder = folder
            changed =
                try await filesystems.with(volume) { files in
                    var changed = false
                    for path in GrubConfiguration.paths {
                        guard let text = try await files.read(path), GrubConfiguration(text: text).startsKernels else {
                            continue
                        }
                        let menu = try GrubConfiguration(text: text).booting(with: arguments)
                        try await files.write(menu.text, to: path, through: folder.appending("grub.cfg"))
                        changed = true
                    }
                    return changed
                } || changed
        }
        if changed { return }
        let kinds = disk.volumes.map(\.identity.kind.rawValue).joined(separator: ", ")
        throw BootTestError(
            .unsuitableImage, attempt,
            "no grub.cfg with a 'linux' line was found (file systems: \(kinds.isEmpty ? "none that is known" : kinds))",
            hint: "use --seed if the image has cloud-init, or --kernel and --initrd")
    }

    /// `root=` by what the image says of itself; a device name where no initramfs could look for it.
    private var defaultArguments: String {
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
