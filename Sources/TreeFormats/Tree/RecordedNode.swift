import Glibc
package import SystemPackage

/// A device that could not be made, because nobody but root of the machine can make one: an empty file whose attribute
/// says which it is (`CLinux/node.c`; `mknod` of the stand-ins makes it).
///
/// Whatever is written from the tree has the device in its place, with the file's own mode and owner.
struct RecordedNode {
    static let attribute = "user.ingot.node"

    let isBlock: Bool
    let major: UInt32
    let minor: UInt32

    /// Of `c 1:3`; nothing if it is anything else.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, words[0] == "c" || words[0] == "b" else { return nil }
        let numbers = words[1].split(separator: ":").compactMap { UInt32($0) }
        guard numbers.count == 2, numbers[0] <= 0xFFF, numbers[1] <= 0xF_FFFF else { return nil }
        isBlock = words[0] == "b"
        (major, minor) = (numbers[0], numbers[1])
    }

    /// As `makedev(3)` of the GNU C library packs them.
    var number: UInt64 {
        let (major, minor) = (UInt64(major), UInt64(minor))
        return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32
    }

    /// The status of a file as the tree means it: that of the device, if the file stands for one.
    static func status(_ status: stat, of access: FilePath) -> stat {
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size == 0,
            let node = TreeEntry.note(at: access).flatMap(RecordedNode.init)
        else { return status }
        var result = status
        result.st_mode = status.st_mode & ~S_IFMT | (node.isBlock ? S_IFBLK : S_IFCHR)
        result.st_rdev = dev_t(node.number)
        return result
    }
}

/// Where a tree has such files, for programs that do not know of them.
package struct RecordedNodes: Sendable {
    package struct Node: Sendable {
        /// Below the root, without a slash in front.
        package let path: String
        /// As mksquashfs wants it: `c 666 0 0 1 3`.
        package let definition: String
        let isBlock: Bool
        /// As Linux keeps it in 32 bits: 8 bits of the minor number, 12 of the major, 12 of the minor.
        let number: UInt32
    }

    package let nodes: [Node]

    package init(of tree: FilePath) throws {
        var nodes: [Node] = []
        try TreeWalk(root: tree).forEach { entry in
            guard entry.kind == .characterDevice || entry.kind == .blockDevice else { return }
            var own = stat()
            guard entry.access.withPlatformString({ lstat($0, &own) }) == 0, own.st_mode & S_IFMT == S_IFREG else {
                return
            }
            let (status, number) = (entry.status, UInt64(entry.status.st_rdev))
            let major = number >> 8 & 0xFFF
            let minor = (number & 0xFF) | (number >> 12 & 0xF_FF00)
            let mode = String(status.st_mode & 0o7777, radix: 8)
            nodes.append(
                Node(
                    path: String(decoding: entry.path, as: UTF8.self),
                    definition:
                        "\(entry.kind == .blockDevice ? "b" : "c") \(mode) \(status.st_uid) \(status.st_gid) \(major) \(minor)",
                    isBlock: entry.kind == .blockDevice,
                    number: UInt32(truncatingIfNeeded: (minor & 0xFF) | major << 8 | (minor & 0xF_FF00) << 12)))
        }
        self.nodes = nodes
    }
}
