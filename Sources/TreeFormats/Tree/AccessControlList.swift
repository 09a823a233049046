/// A POSIX access control list, as the kernel keeps it in an extended attribute.
///
/// Layout (include/uapi/linux/posix_acl_xattr.h, little-endian): 4 bytes version, which is 2; then for each entry 2
/// bytes tag, 2 bytes permissions, 4 bytes identifier.
struct AccessControlList {
    enum Tag: UInt16 {
        case owner = 0x01
        case user = 0x02
        case owningGroup = 0x04
        case group = 0x08
        case mask = 0x10
        case other = 0x20
    }

    struct Entry {
        let tag: Tag
        /// Bits 4 read, 2 write, 1 execute.
        let permissions: UInt16
        /// User or group; all ones where the tag needs none.
        let identifier: UInt32
    }

    static let accessAttribute = "system.posix_acl_access"
    static let defaultAttribute = "system.posix_acl_default"

    let entries: [Entry]

    /// Nil if the bytes are no list.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4, (bytes.count - 4) % 8 == 0, Self.number(bytes, 0, 4) == 2 else { return nil }
        var entries: [Entry] = []
        for offset in stride(from: 4, to: bytes.count, by: 8) {
            guard let tag = Tag(rawValue: UInt16(truncatingIfNeeded: Self.number(bytes, offset, 2))) else { return nil }
            entries.append(
                Entry(
                    tag: tag, permissions: UInt16(truncatingIfNeeded: Self.number(bytes, offset + 2, 2)),
                    identifier: Self.number(bytes, offset + 4, 4)))
        }
        self.entries = entries
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt32 {
        (0..<count).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
}
