import CArchive
import Glibc
import SystemPackage

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
            let node = access.withPlatformString({ RecordedNode(at: $0) })
        else { return status }
        var result = status
        result.st_mode = status.st_mode & ~S_IFMT | (node.isBlock ? S_IFBLK : S_IFCHR)
        result.st_rdev = dev_t(node.number)
        return result
    }

    private init?(at path: UnsafePointer<CChar>) {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = lgetxattr(path, Self.attribute, &bytes, bytes.count)
        guard count > 0 else { return nil }
        self.init(String(decoding: bytes[..<count], as: UTF8.self))
    }
}
