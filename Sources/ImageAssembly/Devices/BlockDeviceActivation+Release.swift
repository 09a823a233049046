import Basics
import BlockDevices
import SystemPackage

extension BlockDeviceActivation {
    /// Makes the image files complete: fills what could not be mounted, trims, unmounts, deactivates and detaches.
    ///
    /// May be repeated after a failure; what has been released is passed over.
    package func release(_ disk: inout ActiveDisk) async throws {
        guard !disk.isReleased else { return }
        for plan in disk.mounts.reversed() {
            guard let target = plan.target else { continue }
            if plan.filling == .writtenFromTree {
                try await write(plan, from: target, of: disk)
                continue
            }
            guard try host.isMounted(target) else { continue }
            if let line = report(plan, at: target, in: disk.layout) { say(line) }
            if plan.filling == .filledInFile, let filesystem = offline(plan, at: target, of: disk) {
                try await host.fill(filesystem)
            }
            if plan.isTrimmed {
                // ext4 and btrfs give freed blocks back with a commit of their journal: only then can they be trimmed.
                try await host.synchronise(target)
                try await host.run(["fstrim", "--verbose", target.string], environment: Environment())
            }
            try await host.unmount(target)
        }
        for volumes in disk.layout.logicalVolumes {
            let physical = disk.devices(of: volumes)
            for words in volumes.deactivation { try await host.runLVM(words, seeing: physical) }
            if host.hasUdev { try await host.run(["udevadm", "settle"], environment: Environment()) }
        }
        for device in disk.devices.reversed() {
            guard let image = disk.image(of: device) else { continue }
            try await host.detach(device, of: image, flush: true)
        }
        disk.isReleased = true
    }

    /// Unmounts, deactivates and detaches without care for the contents; every release is tried.
    package func abandon(_ disk: ActiveDisk) async throws {
        guard !disk.isReleased else { return }
        let host = host
        let held = TeardownStack()
        for device in disk.devices {
            guard let image = disk.image(of: device) else { continue }
            await held.push("detach '\(device.path)'") { try await host.detach(device, of: image, flush: false) }
        }
        for volumes in disk.layout.logicalVolumes {
            let physical = disk.devices(of: volumes)
            for words in volumes.deactivation.reversed() {
                await held.push("run '\(words.shellLine)'") { try await host.runLVM(words, seeing: physical) }
            }
        }
        for target in disk.mounts.compactMap(\.target) {
            await held.push("unmount '\(target)'") { try await host.unmount(target) }
        }
        try await held.unwind()
    }

    /// Has the host forget volumes that it has noticed; only its own tidiness depends on it.
    package func forget(_ disk: ActiveDisk) async {
        guard host.hasUdev, !disk.layout.logicalVolumes.isEmpty else { return }
        do { try await host.run(["pvscan", "--cache"], environment: Environment()) } catch { say("\(error)") }
    }

    /// Abandons the disks and removes their image files.
    package func delete(_ disk: ActiveDisk) async throws {
        try await abandon(disk)
        for image in disk.layout.images { try await host.removeImage(image) }
    }

    /// A directory of the tree into its file system, and the place free of what the build has mounted over it.
    private func write(_ plan: MountPlan, from target: FilePath, of disk: ActiveDisk) async throws {
        guard let filesystem = offline(plan, at: target, of: disk) else { return }
        try await host.fill(filesystem)
        if plan.mountPoint != "/", try host.isMounted(target) { try await host.unmount(target) }
    }

    private func offline(_ plan: MountPlan, at target: FilePath, of disk: ActiveDisk) -> OfflineFilesystem? {
        guard let device = disk.device(plan.device), let window = device.window, let image = disk.image(of: device),
            let filesystem = disk.layout.filesystems.first(where: { $0.name == plan.filesystem })
        else { return nil }
        let others = disk.mounts.compactMap(\.target).filter { $0 != target && $0.starts(with: target) }
        return OfflineFilesystem(
            plan: plan, filesystem: filesystem, image: FilePath(image.path), window: window, tree: target,
            sealed: others.map { FilePath(root: nil, $0.components.dropFirst(target.components.count)) })
    }

    private func report(_ plan: MountPlan, at target: FilePath, in layout: BlockDeviceLayout) -> String? {
        try? DiskReport(plan, at: target, planned: layout.device(plan.device)?.size ?? .zero).line
    }
}
