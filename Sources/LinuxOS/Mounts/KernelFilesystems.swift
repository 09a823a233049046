internal import CLinux
internal import Glibc
package import SystemPackage

/// The kernel's filesystems in a target root: `/proc`, `/sys` (read-only), and a `/dev` that is not the host's.
///
/// Upstream binds the host's `/dev`, so a hook that writes or removes there does it to the host. Here `/dev` is a tmpfs
/// with the nodes every program expects, its own pseudo-terminals and shared memory, and nodes for the devices the
/// build itself asks for. Mount points are resolved inside the root, whatever links lie there.
package struct KernelFilesystems: Sendable {
    /// The mounts made, in order; targets are real paths on the host.
    package let mounts: [Mount]
    private let devices: FilePath
    /// Where nothing can be mounted.
    private var laid: TreeDevices?

    /// Mounts all of them, or none.
    ///
    /// `extraDevices` are devices of the host to be seen under the same paths.
    package static func attach(root: FilePath, extraDevices: [FilePath] = []) throws(SystemError) -> KernelFilesystems {
        let confined = try ConfinedRoot(root)
        guard Session.hasMounts else {
            let laid = try TreeDevices.lay(in: confined)
            return KernelFilesystems(mounts: [], devices: laid.place, laid: laid)
        }
        var mounts: [Mount] = []
        func add(_ type: String, on inside: FilePath, _ flags: MountFlags, _ options: String = "") throws(SystemError)
            -> FilePath
        {
            let target = try confined.makeDirectory(inside)
            let mount = Mount(source: type, target: target, type: type, flags: flags, options: options)
            try mount.attach()
            mounts.append(mount)
            return target
        }
        do throws(SystemError) {
            // In a user namespace the kernel may refuse a file system of its own kinds: then the one of this process is
            // shown, with all that a container has put over it.
            for (type, place, flags) in Self.views {
                do throws(SystemError) { _ = try add(type, on: place, flags) } catch {
                    guard error.code == .notPermitted, Session.isInUserNamespace else { throw error }
                    let target = try confined.makeDirectory(place)
                    mounts.append(
                        try Mount.bind(place, to: target, readOnly: flags.contains(.readOnly), recursive: true))
                }
            }
            let devices = try add("tmpfs", on: "/dev", [.noSetUserID, .noExecute], "mode=755,size=16m")
            mounts += try DeviceNodes.populate(devices)
            _ = try add(
                "devpts", on: "/dev/pts", [.noSetUserID, .noExecute], "newinstance,gid=5,mode=620,ptmxmode=666")
            _ = try add("tmpfs", on: "/dev/shm", [.noSetUserID, .noDevices], "mode=1777")
            let attached = KernelFilesystems(mounts: mounts, devices: devices)
            for device in extraDevices { try attached.mirror(device) }
            return attached
        } catch {
            // What lies in a mount that came with others goes with it.
            for mount in mounts.reversed() { try? Mount.unmountAll(below: mount.target, including: true) }
            throw error
        }
    }

    private static let views: [(type: String, place: FilePath, flags: MountFlags)] = [
        ("proc", "/proc", [.noSetUserID, .noDevices, .noExecute]),
        ("sysfs", "/sys", [.readOnly, .noSetUserID, .noDevices, .noExecute]),
    ]

    /// Makes a device of the host visible in the root's `/dev` under the same path.
    ///
    /// Twice is once.
    package func mirror(_ device: FilePath) throws(SystemError) {
        let attempt = "show device '\(device)' in '\(devices)'"
        guard device.starts(with: "/dev"), device.components.count > 1,
            !device.components.contains(where: { $0.kind != .regular }), let name = device.lastComponent
        else { throw SystemError(attempt, because: "it is not below '/dev'") }
        let confined = try ConfinedRoot(devices)
        let folder = try confined.makeDirectory(
            FilePath(root: "/", device.removingLastComponent().components.dropFirst()))
        let place = folder.appending(name)
        let result = device.withPlatformString { host in
            place.withPlatformString { ingot_mirror_device(AT_FDCWD, $0, host, 0o660) }
        }
        if result == -EEXIST { return }
        if result == -EPERM, Session.isInUserNamespace {
            _ = try DeviceNodes.bind(device, to: place)
            return
        }
        try check(result, attempt)
    }

    /// Unmounts in reverse order; mounts that others made below are theirs to remove first.
    package func detach() throws(SystemError) {
        try laid?.remove()
        for mount in mounts.reversed() {
            guard mount.flags.contains(.recursive) else {
                try mount.detach()
                continue
            }
            try Mount.unmountAll(below: mount.target, including: true)
        }
    }
}
