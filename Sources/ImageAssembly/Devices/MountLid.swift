import Foundation
import LinuxOS
import SystemPackage

/// An empty directory in the place of one that another file system will lie over, for programs that write all they see.
struct MountLid {
    /// Lays it, as the writers of Ingot's own have such places: root's, open to all to read, as old as what is below.
    static func cover(_ place: FilePath) throws -> MountLid {
        var below = stat()
        guard stat(place.string, &below) == 0 else {
            throw SystemError("look at '\(place)'", Errno(rawValue: errno))
        }
        try Mount(source: "lid", target: place, type: "tmpfs", options: "size=4k,mode=755").attach()
        var times = [timespec](repeating: timespec(tv_sec: below.st_mtim.tv_sec, tv_nsec: 0), count: 2)
        guard utimensat(AT_FDCWD, place.string, &times, 0) == 0 else {
            let error = Errno(rawValue: errno)
            try? Mount.detach(place)
            throw SystemError("set the time of '\(place)'", error)
        }
        return MountLid(place: place)
    }

    let place: FilePath

    func lift() throws { try Mount.detach(place) }
}
