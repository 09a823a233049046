import Basics

/// The rules behind `HostCheck.checks`, one for each kind of need.
struct HostRules {
    let facts: HostFacts
    let needs: HostNeeds

    var privileges: [HostCheck] {
        if facts.hasChrootOnly == true { return [chrootOnly] }
        if let space = facts.userNamespace { return [userNamespace(space)] }
        let isRoot = facts.effectiveUserID == 0
        let root =
            isRoot
            ? HostCheck("root", .ok, "running as root")
            : HostCheck(
                "root", .missing, "running as uid \(facts.effectiveUserID); mounts and loop devices need root",
                remedy: "run it with sudo, or as root")
        return [root, namespaces(isRoot: isRoot)]
    }

    private func namespaces(isRoot: Bool) -> HostCheck {
        if facts.hasNamespaces { return HostCheck("namespaces", .ok, "mount and PID namespaces can be made") }
        let remedy =
            isRoot
            ? "in a container, add the capability SYS_ADMIN (docker run --privileged, or --cap-add SYS_ADMIN)"
            : "run it with sudo, or as root"
        return HostCheck("namespaces", .missing, "mount and PID namespaces cannot be made", remedy: remedy)
    }

    var kernel: [HostCheck] {
        var checks = needs.needsLoopDevices ? [loop] : []
        if needs.needsDeviceMapper {
            checks.append(
                facts.hasDeviceMapper
                    ? HostCheck("device-mapper", .ok, "in the kernel")
                    : HostCheck(
                        "device-mapper", .missing, "the kernel has none; LVM needs it",
                        remedy: Self.asRoot("modprobe dm-mod", facts)))
        }
        checks += needs.filesystems.map(filesystem)
        checks += needs.offlineFilesystems.map { type in
            HostCheck(
                "filesystem \(type)", .ok,
                "kernel \(facts.kernelRelease) cannot mount it: filled in the image file, without mounting it")
        }
        checks += needs.baseFilesystems.sorted { $0.key < $1.key }.map { baseFilesystem($0.key, $0.value) }
        if let foreignPrograms { checks.append(foreignPrograms) }
        if needs.boots { checks.append(virtualization) }
        return checks
    }

    private var loop: HostCheck {
        if facts.hasLoopControl, facts.hasChrootOnly != true {
            return HostCheck("loop devices", .ok, "/dev/loop-control can be opened")
        }
        if facts.userNamespace != nil || facts.hasChrootOnly == true {
            return HostCheck(
                "loop devices", .missing,
                facts.hasChrootOnly == true
                    ? "in this container nothing can be mounted" : "without root there are none",
                remedy:
                    "use 'ingot build', or --backend auto (INGOT_BACKEND=auto): they need none unless something in the build does; or run it with sudo"
            )
        }
        return HostCheck(
            "loop devices", .missing, "/dev/loop-control cannot be opened",
            remedy: Self.asRoot("modprobe loop", facts) + " (in a container: --privileged and -v /dev:/dev)")
    }

    private func filesystem(_ type: String) -> HostCheck {
        if facts.filesystems.contains(type) { return HostCheck("filesystem \(type)", .ok, "the kernel can mount it") }
        return HostCheck(
            "filesystem \(type)", .missing,
            "kernel \(facts.kernelRelease) can neither mount it nor load a module for it",
            remedy: "boot a kernel with \(type), or choose another filesystem (FS_TYPE, DIB_BLOCK_DEVICE_CONFIG)")
    }

    /// Of an image to start from; what the distribution will publish is known only by habit.
    private func baseFilesystem(_ type: String, _ weight: HostNeeds.Weight) -> HostCheck {
        let title = "filesystem \(type) of the base image"
        if facts.filesystems.contains(type) { return HostCheck(title, .ok, "the kernel can mount it") }
        let detail =
            "kernel \(facts.kernelRelease) can neither mount it nor load a module for it; "
            + (weight == .essential ? "the system in the image lies on it" : "published images usually lie on it")
        return HostCheck(
            title, weight == .essential ? .missing : .warning, detail,
            remedy: "boot a kernel with \(type), or name another image (DIB_LOCAL_IMAGE)")
    }

    /// Hooks in an image of another architecture run that architecture's programs, which qemu-user does for the kernel.
    private var foreignPrograms: HostCheck? {
        guard let runs = facts.runsForeignPrograms, let architecture = needs.architecture else { return nil }
        let title = "\(architecture) programs"
        if runs { return HostCheck(title, .ok, "the kernel runs them") }
        if let path = facts.ownInterpreter {
            return HostCheck(title, .ok, "the build registers \(path) for them, in its own namespace")
        }
        let emulators = needs.emulators ?? []
        guard let emulator = emulators.first(where: { facts.tools[$0] != nil }) else {
            return install(
                title, .missing,
                "this host (\(facts.machine)) cannot run them, nor has it an emulator of qemu-user; needed to run hooks in the image",
                emulators.first ?? "qemu-user-static")
        }
        return HostCheck(
            title, .missing, "\(emulator) is installed, but the kernel does not use it (binfmt_misc, with the flag F)",
            remedy: Self.asRoot("systemctl restart systemd-binfmt", facts)
                + " (in a container: register it on the host, with the flag F)"
                + (facts.userNamespace == nil ? "" : "; without root, Linux 6.7 needs neither"))
    }

    private var virtualization: HostCheck {
        if facts.hasKVM {
            return HostCheck("KVM", .ok, "/dev/kvm makes virtual machines")
        }
        return HostCheck(
            "KVM", .warning, "not usable; boot tests run under emulation, several times slower",
            remedy: "on hardware, switch virtualization on in the firmware; in a virtual machine, allow nested ones")
    }

    var tools: [HostCheck] {
        needs.tools.map(tool) + containerEngine
            + needs.libraries.sorted { $0.key < $1.key }.map { library($0.key, to: $0.value) }
            + needs.keyrings.sorted { $0.key < $1.key }.map { keyring($0.key, to: $0.value) }
    }

    private func tool(_ need: HostNeeds.Tool) -> HostCheck {
        let title = need.alternatives.joined(separator: " or ")
        if let found = need.alternatives.lazy.compactMap({ facts.tools[$0] }).first {
            return HostCheck(title, .ok, found)
        }
        let status: HostCheck.Status = need.weight == .essential ? .missing : .warning
        return install(title, status, "not found; needed to \(need.purpose)", need.alternatives.first ?? title)
    }

    /// docker is only a client: what it imports goes to a daemon.
    private var containerEngine: [HostCheck] {
        let names = HostNeeds.containerEngines.alternatives
        guard needs.importsContainers, names.contains(where: { facts.tools[$0] != nil }) else { return [] }
        if let engine = facts.containerEngine {
            return [HostCheck("container engine", .ok, "\(engine) can import images")]
        }
        return [
            HostCheck(
                "container engine", .missing, "the Docker daemon does not answer",
                remedy: "start it, install podman, or write '-t oci' and load that where an engine is")
        ]
    }

    private func library(_ name: String, to purpose: String) -> HostCheck {
        if facts.libraries.contains(name) { return HostCheck(name, .ok, "installed") }
        return install(name, .missing, "not found; needed to \(purpose)", name)
    }

    private func keyring(_ file: String, to purpose: String) -> HostCheck {
        if facts.keyrings.contains(file) { return HostCheck(file, .ok, "can \(purpose)") }
        return install(file, .warning, "not found; needed to \(purpose)", file)
    }

    private func install(_ title: String, _ status: HostCheck.Status, _ detail: String, _ name: String) -> HostCheck {
        guard let manager = HostPackages.Manager(facts.distribution) else {
            return HostCheck(title, status, detail, remedy: "install '\(name)' with the host's package manager")
        }
        let package = HostPackages.package(of: name, for: manager)
        return HostCheck(
            title, status, detail, remedy: Self.asRoot("\(manager.command) \(package)", facts), packages: [package])
    }

    var room: [HostCheck] {
        var checks: [HostCheck] = []
        if let tmpfs = needs.tmpfs {
            let detail = "\(facts.memoryAvailable) available of \(facts.memoryTotal)"
            checks.append(
                facts.memoryAvailable >= tmpfs
                    ? HostCheck("memory", .ok, detail)
                    : HostCheck(
                        "memory", .warning, "\(detail); temporary trees on tmpfs want \(tmpfs)",
                        remedy: "none needed: the build will use the disk; DIB_NO_TMPFS=1 says so from the start"))
        }
        return checks + needs.space.map(space)
    }

    private func space(_ need: HostNeeds.Space) -> HostCheck {
        let title = "room for \(need.content)"
        guard let free = facts.freeSpace[need.directory] else {
            return HostCheck(title, .warning, "cannot tell how much is free in '\(need.directory)'")
        }
        let detail = "\(free) free in \(need.directory)"
        if free >= need.bytes { return HostCheck(title, .ok, detail) }
        let remedy =
            switch need.content {
            case "temporary trees": "set TMPDIR to a directory on a larger disk"
            case "downloads": "set DIB_IMAGE_CACHE to a directory on a larger disk"
            default: "free some, or give -o a path on a larger disk"
            }
        // A quarter of the usual amount holds a minimal image; below that no image fits.
        let status: HostCheck.Status = free.bytes >= need.bytes.bytes / 4 ? .warning : .missing
        return HostCheck(title, status, "\(detail); a usual build takes \(need.bytes)", remedy: remedy)
    }

    /// The command as this user has to type it.
    static func asRoot(_ command: String, _ facts: HostFacts) -> String {
        facts.effectiveUserID == 0 ? command : "sudo \(command)"
    }
}
