import Basics
package import BlockDevices
import LinuxOS
import SystemPackage

/// Makes the disks of a layout exist, and makes them files again.
///
/// The build and `dib-block-device` both come here. Each image and each partition is a device of its own window of the
/// file: no partition scan, no kpartx, no udev (decision 0003); only LVM needs the kernel's device-mapper.
package struct BlockDeviceActivation: Sendable {
    let host: any DiskHost
    /// Gets lines for the log.
    let say: @Sendable (String) -> Void

    package init(host: any DiskHost, say: @escaping @Sendable (String) -> Void = { _ in }) {
        self.host = host
        self.say = say
    }

    /// Makes image files, tables, devices, volumes, filesystems and mounts.
    ///
    /// On a failure or a cancellation everything made so far, image files too, is released in reverse.
    package func create(_ layout: BlockDeviceLayout) async throws -> ActiveDisk {
        let acquired = TeardownStack()
        do {
            var disk = ActiveDisk(layout: layout)
            for image in layout.images { try await make(image, acquired) }
            for window in layout.devices { try await attach(window, of: &disk, acquired) }
            for volumes in layout.logicalVolumes { try await make(volumes, on: &disk, acquired) }
            for filesystem in layout.filesystems { try await make(filesystem, on: disk) }
            for mount in layout.mounts { try await attach(mount, of: &disk, acquired) }
            return disk
        } catch {
            // The reason must not be hidden by what fails because of it.
            do { try await acquired.unwind() } catch { say("while undoing: \(error)") }
            throw error
        }
    }

    private func make(_ image: ImageFile, _ acquired: TeardownStack) async throws {
        try Task.checkCancellation()
        let host = host
        try await host.makeImage(image)
        await acquired.push("remove '\(image.path)'") { try await host.removeImage(image) }
        if let table = image.table { try await host.write(table, to: image) }
    }

    private func attach(_ window: DeviceWindow, of disk: inout ActiveDisk, _ acquired: TeardownStack) async throws {
        try Task.checkCancellation()
        guard let image = disk.layout.images.first(where: { $0.name == window.image }) else { return }
        let host = host
        let device = ActiveDisk.Device(
            name: window.name, path: try await host.attach(window, of: image), window: window)
        await acquired.push("detach '\(device.path)'") { try await host.detach(device, of: image, flush: false) }
        disk.devices.append(device)
    }

    /// Each LVM command with what undoes it.
    private func make(_ volumes: LogicalVolumes, on disk: inout ActiveDisk, _ acquired: TeardownStack) async throws {
        let host = host
        let physical = disk.devices(of: volumes)
        for command in try volumes.creation(devices: { disk.device($0)?.path }) {
            try Task.checkCancellation()
            try await host.runLVM(command.words, seeing: physical)
            for words in command.undoing.reversed() {
                await acquired.push("run '\(words.shellLine)'") { try await host.runLVM(words, seeing: physical) }
            }
        }
        disk.devices += volumes.devices.map { ActiveDisk.Device(name: $0.name, path: $0.path, window: nil) }
    }

    private func make(_ filesystem: FilesystemPlan, on disk: ActiveDisk) async throws {
        try Task.checkCancellation()
        guard let device = disk.device(filesystem.device) else {
            throw AssemblyError(.invalidState, "there is no device '\(filesystem.device)' to make a file system on")
        }
        try await host.format(filesystem, on: device, of: disk.image(of: device))
    }

    private func attach(_ plan: MountPlan, of disk: inout ActiveDisk, _ acquired: TeardownStack) async throws {
        try Task.checkCancellation()
        guard let target = plan.target, let device = disk.device(plan.device) else { return }
        let mount: Mount
        switch plan.filling {
        case .mounted:
            mount = Mount(source: device.path, target: target, type: plan.type.mountName, flags: .noAccessTime)
        case .writtenFromTree:
            disk.mounts.append(plan)
            return
        case .filledInFile:
            // As large as the real one, so that what does not fit is noticed by whoever writes it.
            let size = disk.layout.device(plan.device)?.size.bytes ?? 0
            mount = Mount(source: device.path, target: target, type: "tmpfs", options: "size=\(size),mode=755")
        }
        let host = host
        try await host.mount(mount)
        await acquired.push("unmount '\(target)'") { try await host.unmount(target) }
        disk.mounts.append(plan)
    }
}
