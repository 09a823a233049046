import Basics
import BlockDevices
import LinuxOS
import SystemPackage

/// How the space of a file system was planned and is used: in a line for the log.
struct DiskReport: Sendable {
    let mountPoint: String
    let planned: ByteCount
    let used: ByteCount
    let free: ByteCount

    init(mountPoint: String, planned: ByteCount, used: ByteCount, free: ByteCount) {
        self.mountPoint = mountPoint
        self.planned = planned
        self.used = used
        self.free = free
    }

    init(_ plan: MountPlan, at target: FilePath, planned: ByteCount) throws {
        let space = try FilesystemSpace.of(target)
        mountPoint = plan.mountPoint
        self.planned = planned
        used = ByteCount(space.total.bytes - min(space.total.bytes, space.free.bytes))
        free = space.available
    }

    var line: String {
        "File system at \(mountPoint): planned \(planned.bytes) bytes (\(planned)), used \(used.bytes) (\(used)), "
            + "free \(free.bytes) (\(free))"
    }
}
