package import Basics

/// A filesystem of a disk beside the part of the tree that goes into it.
package struct FilesystemFit: Hashable, Sendable {
    package let mountPoint: String
    /// The partition or image file.
    package let device: String
    package let size: ByteCount
    package let demand: FilesystemDemand
    package let capacity: FilesystemCapacity
    /// Bytes that shall stay free.
    package let free: UInt64

    /// Compressed: what it takes is known when it has been written, and is less than the demand.
    package var isPacked = false
    /// The layout states the size: no other disk changes it.
    package var isStated = false

    /// One that is packed into a stated size gets its chance.
    package var holds: Bool { isPacked && isStated || capacity.holds(demand, free: free) }

    /// Whether copying is bound to fail.
    package var isImpossible: Bool { capacity.refuses(demand) }

    /// For the log: planned beside what the tree takes by the same count.
    package var summary: String {
        let spare = capacity.available - min(capacity.available, demand.bytes)
        return
            "File system at \(mountPoint): \(size) planned for \(isPacked ? "at most " : "")\(ByteCount(demand.bytes)) in \(demand.inodes) inodes, "
            + "\(ByteCount(spare)) free"
    }

    /// What is asked and what is there, for people.
    package var text: String {
        if let inodes = capacity.inodes, inodes < demand.inodes {
            return "'\(mountPoint)' needs \(demand.inodes) inodes, but '\(device)' of \(size) has \(inodes)"
        }
        let extra = free > 0 ? " with \(ByteCount(free)) free" : ""
        let room = free > 0 ? capacity.available : capacity.bytes
        return "'\(mountPoint)' needs \(ByteCount(demand.bytes + free))\(extra), but '\(device)' of \(size) holds "
            + "\(ByteCount(room))"
    }
}

/// A disk of a size beside a whole tree.
package struct DiskFit: Hashable, Sendable {
    package let image: ByteCount
    package let root: RootFormat
    /// In mount order.
    package let filesystems: [FilesystemFit]

    package var holds: Bool { filesystems.allSatisfy(\.holds) }
    package var impossible: [FilesystemFit] { filesystems.filter(\.isImpossible) }
    /// Those that are too small by the count; of what is packed, only the writing tells.
    package var short: [FilesystemFit] { filesystems.filter { !$0.holds && !$0.isPacked } }
}
