internal import CLinux
internal import Glibc
internal import SystemPackage

/// The nodes and links that every program expects in `/dev`.
enum DeviceNodes {
    private static let nodes: [(name: String, major: UInt32, minor: UInt32, mode: UInt32)] = [
        ("null", 1, 3, 0o666), ("zero", 1, 5, 0o666), ("full", 1, 7, 0o666), ("random", 1, 8, 0o666),
        ("urandom", 1, 9, 0o666), ("tty", 5, 0, 0o666), ("console", 5, 1, 0o600),
    ]

    private static let links = [
        ("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("core", "/proc/kcore"),
    ]

    /// Makes them in a fresh folder; gives the mounts that some of them are.
    ///
    /// Root of a user namespace cannot make devices: there the host's are mounted on files of that name. What the host
    /// does not have, a container's `/dev/console` for one, is not there.
    static func populate(_ folder: FilePath) throws(SystemError) -> [Mount] {
        var mounts: [Mount] = []
        for node in nodes {
            let path = folder.appending(node.name)
            let result = path.withPlatformString {
                ingot_make_character_device(AT_FDCWD, $0, node.major, node.minor, node.mode)
            }
            if result == -EPERM, Session.isInUserNamespace {
                if let mount = try bind(FilePath("/dev").appending(node.name), to: path) { mounts.append(mount) }
                continue
            }
            try check(result, "make device '\(path)'")
        }
        for (name, target) in links {
            let path = folder.appending(name)
            let result = path.withPlatformString { symlink(target, $0) == 0 ? 0 : -errno }
            try check(result, "make link '\(path)'")
        }
        return mounts
    }

    /// Shows a device of the host at `path`; nothing if the host has none of that name.
    static func bind(_ device: FilePath, to path: FilePath) throws(SystemError) -> Mount? {
        guard device.withPlatformString({ access($0, F_OK) }) == 0 else { return nil }
        let file = path.withPlatformString { open($0, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        guard file >= 0 else { throw SystemError("make '\(path)'", Errno(rawValue: errno)) }
        close(file)
        return try Mount.bind(device, to: path)
    }
}
