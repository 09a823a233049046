internal import CLinux
internal import Glibc
internal import SystemPackage

/// `/dev` of a tree in which nothing can be mounted: a fresh directory in its place, and the tree's own aside.
///
/// It has what a mounted one has, but for pseudo-terminals, which come from outside (`CLinux/kernel_view_paths.c`).
struct TreeDevices: Sendable {
    /// The directory, as a path of the host.
    let place: FilePath
    /// The tree's own, beside the tree.
    private let own: FilePath

    /// `root` is what `ConfinedRoot` says that it is.
    static func lay(in confined: ConfinedRoot) throws(SystemError) -> TreeDevices {
        for directory in ["/proc", "/sys"] { _ = try confined.makeDirectory(FilePath(directory)) }
        let place = try confined.makeDirectory("/dev")
        let devices = TreeDevices(place: place, own: FilePath("\(confined.path).dev"))
        try devices.keepingTime { () throws(SystemError) in
            try move(place, to: devices.own)
            do throws(SystemError) { try devices.populate() } catch {
                try? devices.restore()
                throw error
            }
        }
        return devices
    }

    private func populate() throws(SystemError) {
        try Self.make(place, 0o755)
        _ = try DeviceNodes.populate(place)
        // In its place is one of the host, for whoever opens it.
        unlink(place.appending("ptmx").string)
        let result = place.appending("ptmx").withPlatformString {
            ingot_make_character_device(AT_FDCWD, $0, 5, 2, 0o666)
        }
        try check(result, "make device '\(place.appending("ptmx"))'")
        try Self.make(place.appending("pts"), 0o755)
        try Self.make(place.appending("shm"), 0o1777)
    }

    /// Puts the tree's own directory back, with all that was in it.
    func remove() throws(SystemError) { try keepingTime { () throws(SystemError) in try restore() } }

    private func restore() throws(SystemError) {
        try TreeRemoval.remove(place)
        try Self.move(own, to: place)
    }

    /// The directory above is as old afterwards as it was.
    private func keepingTime(_ body: () throws(SystemError) -> Void) throws(SystemError) {
        let parent = place.removingLastComponent()
        var info = stat()
        guard stat(parent.string, &info) == 0 else { throw SystemError("look at '\(parent)'", Errno(rawValue: errno)) }
        try body()
        var times = [info.st_atim, info.st_mtim]
        guard utimensat(AT_FDCWD, parent.string, &times, 0) == 0 else {
            throw SystemError("set the time of '\(parent)'", Errno(rawValue: errno))
        }
    }

    private static func make(_ path: FilePath, _ mode: mode_t) throws(SystemError) {
        guard mkdir(path.string, mode) == 0, chmod(path.string, mode) == 0 else {
            throw SystemError("make directory '\(path)'", Errno(rawValue: errno))
        }
    }

    private static func move(_ source: FilePath, to target: FilePath) throws(SystemError) {
        guard rename(source.string, target.string) == 0 else {
            throw SystemError("rename '\(source)' to '\(target)'", Errno(rawValue: errno))
        }
    }
}
