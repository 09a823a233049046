import Foundation
import LinuxOS
import SystemPackage

/// An empty directory in the place of one that another file system will lie over, for programs that write all they see.
struct MountLid {
    let place: FilePath
    /// Where what is below waits, if nothing can be mounted over it.
    private let aside: FilePath?

    /// Lays it, as the writers of Ingot's own have such places: root's, open to all to read, as old as what is below.
    ///
    /// `aside` is a name on the same file system, outside of what is written, that nobody has.
    static func cover(_ place: FilePath, aside: FilePath) throws -> MountLid {
        let below = try Self.status(place)
        var lid = MountLid(place: place, aside: nil)
        if Session.hasMounts {
            try Mount(source: "lid", target: place, type: "tmpfs", options: "size=4k,mode=755").attach()
        } else {
            lid = MountLid(place: place, aside: aside)
            try lid.keepingTime {
                guard rename(place.string, aside.string) == 0, mkdir(place.string, 0o755) == 0,
                    chmod(place.string, 0o755) == 0
                else { throw SystemError("cover '\(place)'", Errno(rawValue: errno)) }
            }
        }
        do {
            var time = below.st_mtim
            time.tv_nsec = 0
            try setTime(place, time, time)
        } catch {
            try? lid.lift()
            throw error
        }
        return lid
    }

    func lift() throws {
        guard let aside else { return try Mount.detach(place) }
        try keepingTime {
            guard rmdir(place.string) == 0, rename(aside.string, place.string) == 0 else {
                throw SystemError("uncover '\(place)'", Errno(rawValue: errno))
            }
        }
    }

    /// The directory above is written too, and as old as it was.
    private func keepingTime(_ body: () throws -> Void) throws {
        let parent = place.removingLastComponent()
        let before = try Self.status(parent)
        try body()
        try Self.setTime(parent, before.st_atim, before.st_mtim)
    }

    private static func status(_ path: FilePath) throws -> stat {
        var status = stat()
        guard stat(path.string, &status) == 0 else {
            throw SystemError("look at '\(path)'", Errno(rawValue: errno))
        }
        return status
    }

    private static func setTime(_ path: FilePath, _ access: timespec, _ change: timespec) throws {
        guard utimensat(AT_FDCWD, path.string, [access, change], 0) == 0 else {
            throw SystemError("set the time of '\(path)'", Errno(rawValue: errno))
        }
    }
}
