package import Basics
internal import CLinux
package import SystemPackage

/// How much room a tree takes, as `du -a -c -x` counts: what is allocated, hard links once, one filesystem.
package struct DiskUsage: Hashable, Sendable {
    /// One entry of the tree, a directory with its contents.
    package struct Entry: Hashable, Sendable {
        package let path: FilePath
        package let allocated: ByteCount

        package init(path: FilePath, allocated: ByteCount) {
            self.path = path
            self.allocated = allocated
        }
    }

    package let allocated: ByteCount
    /// Sizes of files and symbolic links as `ls -l` shows them.
    package let apparent: ByteCount
    package let inodes: UInt64
    /// The entries that are at least as large as was asked for, in the order of the walk; none if none were.
    package let entries: [Entry]

    package init(allocated: ByteCount, apparent: ByteCount, inodes: UInt64, entries: [Entry] = []) {
        self.allocated = allocated
        self.apparent = apparent
        self.inodes = inodes
        self.entries = entries
    }

    /// The number `du` prints: allocated KiB, rounded up.
    package var kibibytes: UInt64 { (allocated.bytes + 1023) >> 10 }

    /// Walks the tree; with `listing`, lists the entries of at least that size.
    package static func measure(_ path: FilePath, listing threshold: ByteCount? = nil) throws(SystemError) -> DiskUsage
    {
        var usage = ingot_usage()
        var entries: [Entry] = []
        try withUnsafeMutablePointer(to: &entries) { entries throws(SystemError) in
            try withUnsafeMutablePointer(to: &usage) { usage throws(SystemError) in
                try TreeCall.run("measure", path) {
                    ingot_measure_tree(
                        $0, usage, threshold?.bytes ?? 0, threshold == nil ? nil : collect, entries, $1, UInt($2))
                }
            }
        }
        return DiskUsage(
            allocated: ByteCount(usage.allocated), apparent: ByteCount(usage.apparent), inodes: usage.inodes,
            entries: entries)
    }
}

/// Adds one entry to the array that `context` points to.
private func collect(path: UnsafePointer<CChar>, allocated: UInt64, context: UnsafeMutableRawPointer?) {
    context?.assumingMemoryBound(to: [DiskUsage.Entry].self).pointee
        .append(DiskUsage.Entry(path: FilePath(platformString: path), allocated: ByteCount(allocated)))
}
