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

    /// Mounts all of them, or none.
    ///
    /// `extraDevices` are devices of the host to be seen under the same paths.
    package static func attach(root: FilePath, extraDevices: [FilePath] = []) throws(SystemError) -> KernelFilesystems {
        let confined = try ConfinedRoot(root)
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
            _ = try add("proc", on: "/proc", [.noSetUserID, .noDevices, .noExecute])
            _ = try add("sysfs", on: "/sys", [.readOnly, .noSetUserID, .noDevices, .noExecute])
            let devices = try add("tmpfs", on: "/dev", [.noSetUserID, .noExecute], "mode=755,size=16m")
            try populate(devices)
            _ = try add(
                "devpts", on: "/dev/pts", [.noSetUserID, .noExecute], "newinstance,gid=5,mode=620,ptmxmode=666")
            _ = try add("tmpfs", on: "/dev/shm", [.noSetUserID, .noDevices], "mode=1777")
            let attached = KernelFilesystems(mounts: mounts, devices: devices)
            for device in extraDevices { try attached.mirror(device) }
            return attached
        } catch {
            for mount in mounts.reversed() { try? mount.detach() }
            throw error
        }
    }

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
        let result = device.withPlatformString { host in
            folder.appending(name).withPlatformString { ingot_mirror_device(AT_FDCWD, $0, host, 0o660) }
        }
        if result != -EEXIST { try check(result, attempt) }
    }

    /// Unmounts in reverse order; mounts that others made below are theirs to remove first.
    package func detach() throws(SystemError) {
        for mount in mounts.reversed() { try mount.detach() }
    }

    private static let nodes: [(name: String, major: UInt32, minor: UInt32, mode: UInt32)] = [
        ("null", 1, 3, 0o666), ("zero", 1, 5, 0o666), ("full", 1, 7, 0o666), ("random", 1, 8, 0o666),
        ("urandom", 1, 9, 0o666), ("tty", 5, 0, 0o666), ("console", 5, 1, 0o600),
    ]

    private static let links = [
        ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("core", "/proc/kcore"),
    ]

    private static func populate(_ folder: FilePath) throws(SystemError) {
        for node in nodes {
            let path = folder.appending(node.name)
            let result = path.withPlatformString {
                ingot_make_character_device(AT_FDCWD, $0, node.major, node.minor, node.mode)
            }
            try check(result, "make device '\(path)'")
        }
        for (name, target) in links {
            let path = folder.appending(name)
            let result = path.withPlatformString { symlink(target, $0) == 0 ? 0 : -errno }
            try check(result, "make link '\(path)'")
        }
    }
}
